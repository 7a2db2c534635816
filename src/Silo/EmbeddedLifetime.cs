namespace XmtpOrleans.Silo;

/// <summary>The life of an application inside this process: started and stopped by the command that built it, never by a signal.</summary>
internal sealed class EmbeddedLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
