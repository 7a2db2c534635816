using XmtpOrleans.EndToEnd.Tests.Processes;

namespace XmtpOrleans.EndToEnd.Tests.Hostile;

/// <summary>A silo for the tests of one class.</summary>
public sealed class RunningSilo : IAsyncLifetime
{
    // Bounded memory is what these tests are about: beyond this the process ends, and the test with it.
    private const string HeapLimit = "0x40000000";

    private readonly TestFolder _folder = new();

    internal SiloProcess Silo { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        Silo = new SiloProcess(_folder.Path).WithEnvironment("DOTNET_GCHeapHardLimit", HeapLimit);
        await Silo.StartAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        _folder.Dispose();
    }
}
