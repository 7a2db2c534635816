namespace XmtpOrleans.EndToEnd.Tests.Processes;

/// <summary>How a process of the silo ended.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="Errors">What it wrote to its error output, line by line.</param>
internal sealed record SiloExit(int Code, IReadOnlyList<string> Errors);
