using Orleans.Runtime;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>What a silo does over and over for as long as it is active.</summary>
internal static class SiloLoops
{
    /// <summary>Begins a loop when the silo is active; when it stops, cancels the loop and waits for its end.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="name">Name in the silo's own logs.</param>
    /// <param name="runAsync">Runs until it is cancelled.</param>
    public static void RunWhileActive(this ISiloLifecycle silo, string name, Func<CancellationToken, Task> runAsync)
    {
        var stopping = new CancellationTokenSource();
        var loop = Task.CompletedTask;
        silo.Subscribe(
            name,
            ServiceLifecycleStage.Active,
            _ =>
            {
                loop = RunAsync(runAsync, stopping.Token);
                return Task.CompletedTask;
            },
            async _ =>
            {
                await stopping.CancelAsync();
                await loop;
                stopping.Dispose();
            });
    }

    private static async Task RunAsync(Func<CancellationToken, Task> runAsync, CancellationToken stopping)
    {
        try
        {
            await runAsync(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The silo stops.
        }
    }
}
