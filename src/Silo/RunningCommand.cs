using Spectre.Console;

namespace XmtpOrleans.Silo;

/// <summary>A command that runs until it is told to stop.</summary>
internal static class RunningCommand
{
    /// <summary>Starts, waits for SIGTERM or Ctrl-C, drains, and returns the exit code. Whoever cannot start says why, one line for each fault.</summary>
    /// <param name="startAsync">Starts, and returns how to stop.</param>
    public static async Task<int> RunAsync(Func<CancellationToken, Task<Func<Task>>> startAsync)
    {
        using var signals = new StopSignals();
        Func<Task> stopAsync;
        try
        {
            stopAsync = await startAsync(signals.Received);
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

        await signals.WaitAsync();
        AnsiConsole.MarkupLine("[grey]draining …[/]");
        await stopAsync();
        return 0;
    }
}
