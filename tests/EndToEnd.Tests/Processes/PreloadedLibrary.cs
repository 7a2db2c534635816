using System.Diagnostics;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Processes;

/// <summary>A library in C that a process loads before all others, so that its system calls can be watched or held up.</summary>
internal static class PreloadedLibrary
{
    /// <summary>Builds it into a folder; its path. Ends the test where there is no C compiler.</summary>
    /// <param name="tools">Where it is to lie.</param>
    /// <param name="source">The source's path below the tests' own folder.</param>
    public static async Task<string> BuildAsync(TestFolder tools, string source)
    {
        if (!OperatingSystem.IsLinux()) Requirement.Missing("System calls are watched by a library for Linux.");
        var library = tools.File(Path.GetFileNameWithoutExtension(source) + ".so");
        try
        {
            var start = new ProcessStartInfo(
                "cc", ["-shared", "-fPIC", "-O2", "-o", library, Path.Combine(AppContext.BaseDirectory, source), "-lpthread"]) { UseShellExecute = false };
            using var compiler = Process.Start(start)!;
            await compiler.WaitForExitAsync();
            Assert.Equal(0, compiler.ExitCode);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Requirement.Missing("There is no C compiler: cc is not in PATH (Debian: gcc, libc6-dev).");
        }

        return library;
    }
}
