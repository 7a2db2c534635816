using System.Runtime.Versioning;
using Xunit.Sdk;
using Xunit.v3;

// Each test runs processes of its own, and some measure them: side by side they would only take the machine from each other.
[assembly: Parallelization(Mode = ParallelMode.None)]

// Signals, mounts and tracing are those of Unix; elsewhere the tests are skipped.
[assembly: UnsupportedOSPlatform("windows")]
