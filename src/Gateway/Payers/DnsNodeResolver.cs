using System.Net;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Asks the name servers of this machine.</summary>
internal sealed class DnsNodeResolver : INodeResolver
{
    public async Task<IReadOnlyList<IPEndPoint>> ResolveAsync(DnsEndPoint name, CancellationToken cancellationToken) =>
        [.. (await Dns.GetHostAddressesAsync(name.Host, cancellationToken)).Select(address => new IPEndPoint(address, name.Port))];
}
