using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Processes;

/// <summary>A whole network in one process, the <c>dev</c> command, with data and ports that stay the same over its restarts.</summary>
internal sealed class SiloProcess : ServerProcess
{
    /// <param name="data">Data folder.</param>
    /// <param name="postgres">Connection string of the database to use instead of a SQLite file.</param>
    /// <param name="launcher">A command that runs another one in its own process, such as <c>nsenter</c>, to start the executable through.</param>
    public SiloProcess(string data, string? postgres = null, string[]? launcher = null)
        : this(data, postgres, launcher, FreePorts.Take(3))
    {
    }

    private SiloProcess(string data, string? postgres, string[]? launcher, int[] ports)
        : base(UrlOf(ports[2]), ArgumentsOf(data, postgres, ports), launcher) => (Node, Gateway) = (UrlOf(ports[0]), UrlOf(ports[1]));

    /// <summary>Where the node's API is.</summary>
    public Uri Node { get; }

    /// <summary>Where the payer gateway is.</summary>
    public Uri Gateway { get; }

    /// <inheritdoc cref="ServerProcess.With"/>
    public new SiloProcess With(string option, string value) => (SiloProcess)base.With(option, value);

    /// <inheritdoc cref="ServerProcess.WithEnvironment"/>
    public new SiloProcess WithEnvironment(string name, string value) => (SiloProcess)base.WithEnvironment(name, value);

    private static Uri UrlOf(int port) => new($"http://127.0.0.1:{port}");

    private static IEnumerable<string> ArgumentsOf(string data, string? postgres, int[] ports) =>
    [
        "dev", "--data", data, "--port", $"{ports[0]}", "--gateway-port", $"{ports[1]}", "--ops-port", $"{ports[2]}",
        .. postgres is null ? Array.Empty<string>() : ["--postgres", postgres],
    ];
}
