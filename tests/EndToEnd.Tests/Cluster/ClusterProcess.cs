using System.Globalization;
using XmtpOrleans.EndToEnd.Tests.Processes;

namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>One process of a cluster, with a name and ports that stay the same over its restarts.</summary>
internal sealed class ClusterProcess(string name, string role, Uri rpc, Uri ops, IEnumerable<string> arguments, string[]? launcher = null)
    : ServerProcess(ops, arguments, launcher)
{
    /// <summary>What it is called: <c>silo-0</c>, <c>front-1</c>, <c>gateway-0</c>.</summary>
    public string Name => name;

    /// <summary>Its command: <c>node</c>, <c>front</c> or <c>gateway</c>.</summary>
    public string Role => role;

    /// <summary>Where its RPC is: a node's, or a payer gateway's.</summary>
    public Uri Rpc => rpc;

    /// <summary>Port for other silos; zero for what is none.</summary>
    public int SiloPort { get; init; }

    /// <summary>Port for fronts alone; zero for what is no silo.</summary>
    public int ClientPort { get; init; }

    /// <summary>How many publishes the sequencer accepted while it lived in this process; null when the process does not answer.</summary>
    public async Task<double?> SequencedAsync()
    {
        var lines = await MetricsAsync();
        return lines.Count == 0
            ? null
            : lines.Where(static line => line.StartsWith("xmtp_sequencer_requests", StringComparison.Ordinal) && line.Contains("\"Accepted\"", StringComparison.Ordinal))
                .Sum(static line => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Ends it gently and starts it again.</summary>
    public async Task RestartAsync()
    {
        Assert.Equal(0, (await TerminateAsync()).Code);
        await StartAsync();
    }
}
