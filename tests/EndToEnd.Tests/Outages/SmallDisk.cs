using System.Diagnostics;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Outages;

/// <summary>A file system of a few megabytes in memory, mounted where only this guard and the processes it lets in see it; it goes with the guard.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const string Mount = """mount -t tmpfs -o size="$2" xmtp-test "$1" && echo mounted && cat > /dev/null""";

    private readonly Process _guard;

    private SmallDisk(Process guard, string path) => (_guard, Path) = (guard, path);

    /// <summary>Where a process that is let in finds it.</summary>
    public string Path { get; }

    /// <summary>The command that lets a process in.</summary>
    public string[] Launcher => ["nsenter", $"--mount=/proc/{_guard.Id}/ns/mnt", "--"];

    private string Filler => $"/proc/{_guard.Id}/root{Path}/filler";

    /// <summary>Mounts it over a folder. Ends the test where mounting is not permitted.</summary>
    public static SmallDisk Create(string folder, string size)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess) Requirement.Missing("Only root of a Linux system may mount a small disk.");
        var guard = Process.Start(new ProcessStartInfo("unshare", ["--mount", "--propagation", "private", "/bin/sh", "-c", Mount, "sh", folder, size])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        if (guard.StandardOutput.ReadLine() != "mounted") Requirement.Missing($"A small disk cannot be mounted: {guard.StandardError.ReadToEnd().Trim()}");
        return new SmallDisk(guard, folder);
    }

    /// <summary>Leaves not a byte free.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (var chunk = new byte[64 * 1024]; chunk.Length > 0;)
        {
            try
            {
                file.Write(chunk);
            }
            catch (IOException)
            {
                chunk = new byte[chunk.Length / 2];
            }
        }
    }

    /// <summary>Gives the space back.</summary>
    public void Free() => File.Delete(Filler);

    /// <inheritdoc/>
    public void Dispose()
    {
        _guard.StandardInput.Close();
        _guard.WaitForExit();
        _guard.Dispose();
    }
}
