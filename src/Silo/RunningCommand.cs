using Spectre.Console;

namespace XmtpOrleans.Silo;

/// <summary>A command that runs until it is told to stop.</summary>
internal static class RunningCommand
{
    /// <summary>Exit code of a process that a part of itself made stop.</summary>
    public const int Failed = 1;

    /// <summary>Starts, waits for SIGTERM or Ctrl-C, drains, and returns the exit code. Whoever cannot start says why, one line for each fault. A process
    /// with a part that failed ends, too: half of it would answer its orchestrator for ever.</summary>
    /// <param name="startAsync">Starts the process, and returns it.</param>
    public static async Task<int> RunAsync(Func<CancellationToken, Task<ServingProcess>> startAsync)
    {
        using var signals = new StopSignals();
        ServingProcess process;
        try
        {
            process = await startAsync(signals.Received);
        }
        catch (StartException failure)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return CommandLine.CannotStart;
        }
        catch (OperationCanceledException) when (signals.Received.IsCancellationRequested)
        {
            return 0;
        }

        await Task.WhenAny(signals.WaitAsync(), process.Stopping);
        var isTold = signals.Received.IsCancellationRequested;
        if (!isTold) await Console.Error.WriteLineAsync("a part of this process failed, as told above; it stops");
        AnsiConsole.MarkupLine("[grey]draining …[/]");
        await process.StopAsync();
        return isTold ? 0 : Failed;
    }
}
