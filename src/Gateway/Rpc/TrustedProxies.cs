using System.Net;
using Microsoft.AspNetCore.Http;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Finds who really calls behind proxies the operator trusts.</summary>
internal sealed class TrustedProxies
{
    private readonly IPNetwork[] _networks;

    public TrustedProxies(IEnumerable<string> networks) => _networks = [.. networks.Select(IPNetwork.Parse)];

    /// <summary>
    /// The peer's address, or, while that is a trusted proxy's, the next one from the right of <c>x-forwarded-for</c>. Null when an
    /// entry is no address.
    /// </summary>
    public IPAddress? ClientOf(HttpContext http)
    {
        var address = http.Connection.RemoteIpAddress;
        if (_networks.Length == 0 || address is null || !http.Request.Headers.TryGetValue("x-forwarded-for", out var header))
        {
            return Plain(address);
        }

        var entries = header.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        address = Plain(address);
        for (var i = entries.Length - 1; i >= 0 && address is not null && IsTrusted(address); i--)
        {
            address = IPAddress.TryParse(entries[i], out var next) ? Plain(next) : null;
        }

        return address;
    }

    private static IPAddress? Plain(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;

    private bool IsTrusted(IPAddress address)
    {
        foreach (var network in _networks)
        {
            if (network.Contains(address)) return true;
        }

        return false;
    }
}
