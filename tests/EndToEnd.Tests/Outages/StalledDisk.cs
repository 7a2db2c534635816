using System.Diagnostics;
using XmtpOrleans.EndToEnd.Tests.Processes;

namespace XmtpOrleans.EndToEnd.Tests.Outages;

/// <summary>A disk under a process's SQLite files that can hang: flushes do not come back while it does. A library that is built here and loaded into
/// the process does that.</summary>
internal sealed class StalledDisk
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(60);

    private readonly string _library;
    private readonly string _root;
    private readonly string _gate;

    private StalledDisk(string library, string root, string gate) => (_library, _root, _gate) = (library, root, gate);

    /// <summary>Builds the library. Ends the test where there is no C compiler.</summary>
    public static async Task<StalledDisk> BuildAsync(TestFolder tools, string root) =>
        new(await PreloadedLibrary.BuildAsync(tools, "Outages/stalled.c"), root, tools.File("stalled.gate"));

    /// <summary>Puts a process's files on this disk, from its next start on.</summary>
    public SiloProcess Under(SiloProcess silo) => silo
        .WithEnvironment("LD_PRELOAD", _library).WithEnvironment("STALLED_ROOT", _root).WithEnvironment("STALLED_GATE", _gate);

    /// <summary>From now on a flush does not come back.</summary>
    public void Stall() => File.WriteAllBytes(_gate, []);

    /// <summary>Waits until a flush hangs.</summary>
    public async Task WaitForFlushAsync()
    {
        var waited = Stopwatch.StartNew();
        while (new FileInfo(_gate).Length == 0)
        {
            Assert.True(waited.Elapsed < WaitLimit, $"Nothing was flushed for {WaitLimit}.");
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }

    /// <summary>All flushes that hang happen.</summary>
    public void Resume() => File.Delete(_gate);
}
