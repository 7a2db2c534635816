using System.Net;

namespace XmtpOrleans.Silo.Dev;

/// <summary>What the <c>dev</c> command was asked to run: a whole one-operator network in one process.</summary>
internal sealed record DevOptions
{
    /// <summary>Folder of keys, store and chain. Default: ./data.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Address to listen on. Default: 127.0.0.1.</summary>
    public required string Host { get; init; }

    /// <summary>Port of the node's API. Default: 5050.</summary>
    public required int Port { get; init; }

    /// <summary>Port of the payer gateway. Default: 5052.</summary>
    public required int GatewayPort { get; init; }

    /// <summary>Port of health and metrics. Default: 8008.</summary>
    public required int OpsPort { get; init; }

    /// <summary>Loopback port between silos; zero takes any free one. Default: 0.</summary>
    public required int SiloPort { get; init; }

    /// <summary>What clients are told to connect to; <see langword="null"/> is http://host:port.</summary>
    public required string? PublicUrl { get; init; }

    /// <summary>PostgreSQL to store in; <see langword="null"/> is a SQLite file in the data folder.</summary>
    public required string? PostgresConnection { get; init; }

    /// <summary>How long calls are still taken after readiness went off, so that whoever routes traffic here can notice. Default: none.</summary>
    public required TimeSpan DrainDelay { get; init; }

    /// <summary>The listening address, once <see cref="Faults"/> found none.</summary>
    public IPAddress Address => string.Equals(Host, "localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback : IPAddress.Parse(Host);

    /// <summary>The URL that clients are given, once <see cref="Faults"/> found none.</summary>
    public Uri AdvertisedUrl => new(PublicUrl ?? $"http://{Host}:{Port}");

    /// <summary>Everything that is wrong with these options, each in one line that names the option and says what to do.</summary>
    public IEnumerable<string> Faults()
    {
        var isLocalhost = string.Equals(Host, "localhost", StringComparison.OrdinalIgnoreCase);
        if (!isLocalhost && !IPAddress.TryParse(Host, out _))
        {
            yield return $"--host {Host}: not an IP address; give one of this machine's, 127.0.0.1 or 0.0.0.0";
        }
        else if (!isLocalhost && PublicUrl is null && (Address.Equals(IPAddress.Any) || Address.Equals(IPAddress.IPv6Any)))
        {
            yield return $"--host {Host}: clients cannot connect to a wildcard; say with --public-url what they reach this node by";
        }

        if (PublicUrl is not null && !(Uri.TryCreate(PublicUrl, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
        {
            yield return $"--public-url {PublicUrl}: not an http:// or https:// URL";
        }

        (string Option, int Port)[] ports = [("--port", Port), ("--gateway-port", GatewayPort), ("--ops-port", OpsPort)];
        foreach (var (option, port) in ports)
        {
            if (port is < 1 or > IPEndPoint.MaxPort) yield return $"{option} {port}: not a port; give one from 1 to {IPEndPoint.MaxPort}";
        }

        if (DrainDelay < TimeSpan.Zero) yield return $"--drain-delay {DrainDelay.TotalSeconds}: give seconds, 0 or more";
        if (SiloPort is < 0 or > IPEndPoint.MaxPort) yield return $"--silo-port {SiloPort}: not a port; give one from 1 to {IPEndPoint.MaxPort}, or 0";
        foreach (var shared in ports.GroupBy(entry => entry.Port).Where(group => group.Count() > 1))
        {
            yield return $"{string.Join(" and ", shared.Select(entry => entry.Option))} are both {shared.Key}; give each its own";
        }
    }
}
