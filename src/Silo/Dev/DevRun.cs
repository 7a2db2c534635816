using System.Runtime.InteropServices;
using Spectre.Console;

namespace XmtpOrleans.Silo.Dev;

/// <summary>Runs the <c>dev</c> command from its options to the last drained call.</summary>
internal static class DevRun
{
    /// <summary>Starts the network, waits for SIGTERM or Ctrl-C, drains, and returns the exit code.</summary>
    public static async Task<int> RunAsync(DevOptions options)
    {
        var faults = options.Faults().ToList();
        if (faults.Count > 0)
        {
            foreach (var fault in faults)
            {
                await Console.Error.WriteLineAsync(fault);
            }

            return CommandLine.CannotStart;
        }

        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        DevNetwork network;
        try
        {
            network = await DevNetwork.StartAsync(options);
        }
        catch (StartException failure)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return CommandLine.CannotStart;
        }

        Greet(options, network);
        await stop.Task;
        AnsiConsole.MarkupLine("[grey]draining …[/]");
        await network.StopAsync();
        return 0;

        void OnSignal(PosixSignalContext signal)
        {
            signal.Cancel = true; // we drain first and return from Main afterwards
            stop.TrySetResult();
        }
    }

    private static void Greet(DevOptions options, DevNetwork network)
    {
        var grid = new Grid().AddColumn().AddColumn();
        grid.AddRow("[bold]gateway[/]", $"http://{options.Host}:{options.GatewayPort}");
        grid.AddRow("[bold]node 100[/]", $"{Markup.Escape(options.AdvertisedUrl.ToString().TrimEnd('/'))}   signs as {network.NodeAddress}");
        grid.AddRow("[bold]ops[/]", $"http://{options.Host}:{options.OpsPort}/health/ready  /metrics");
        grid.AddRow("[bold]store[/]", Markup.Escape(network.StoreDescription));
        AnsiConsole.Write(grid);
        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine("  const alice = await Client.create(signer, { env: \"local\",");
        AnsiConsole.WriteLine($"    gatewayHost: \"http://{options.Host}:{options.GatewayPort}\" }});");
        AnsiConsole.WriteLine();
    }
}
