using Spectre.Console;
using XmtpOrleans.Silo.Configuration;
using XmtpOrleans.Silo.Ops;

namespace XmtpOrleans.Silo.Dev;

/// <summary>Runs the <c>dev</c> command from its options to the last drained call.</summary>
internal static class DevRun
{
    /// <summary>Starts the network, waits for SIGTERM or Ctrl-C, drains, and returns the exit code.</summary>
    public static Task<int> RunAsync(DevOptions options) => RunningCommand.RunAsync(async stopping =>
    {
        StartException.ThrowIfAny(
        [
            .. options.Faults(),
            .. Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(SettingNames.IsMisspelt).Select(SettingNames.Misspelt),
        ]);
        var network = await DevNetwork.StartAsync(options, stopping);
        Greet(options, network);
        return network.Process;
    });

    private static void Greet(DevOptions options, DevNetwork network)
    {
        var grid = new Grid().AddColumn().AddColumn();
        grid.AddRow("[bold]gateway[/]", $"http://{options.Host}:{options.GatewayPort}");
        grid.AddRow("[bold]node 100[/]", $"{Markup.Escape(options.AdvertisedUrl.ToString().TrimEnd('/'))}   signs as {network.NodeAddress}");
        grid.AddRow("[bold]ops[/]", $"http://{options.Host}:{options.OpsPort}/health/ready  /metrics{(network.HasDashboard ? $"  {OrleansDashboard.Path}" : "")}");
        grid.AddRow("[bold]store[/]", Markup.Escape(network.StoreDescription));
        AnsiConsole.Write(grid);
        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine("  const alice = await Client.create(signer, { env: \"local\",");
        AnsiConsole.WriteLine($"    gatewayHost: \"http://{options.Host}:{options.GatewayPort}\" }});");
        AnsiConsole.WriteLine();
    }
}
