using System.Net;
using System.Net.Sockets;
using XmtpOrleans.Gateway.Payers;

namespace XmtpOrleans.Gateway.Tests.Payers;

/// <summary>A name server whose every name stands for the same addresses.</summary>
internal sealed class FakeResolver(params IReadOnlyList<IPEndPoint> addresses) : INodeResolver
{
    /// <summary>What names stand for; empty while the name server is away.</summary>
    public IReadOnlyList<IPEndPoint> Addresses { get; set; } = addresses;

    /// <summary>How often it was asked.</summary>
    public int Asked { get; private set; }

    public Task<IReadOnlyList<IPEndPoint>> ResolveAsync(DnsEndPoint name, CancellationToken cancellationToken)
    {
        Asked++;
        return Addresses.Count > 0
            ? Task.FromResult(Addresses)
            : Task.FromException<IReadOnlyList<IPEndPoint>>(new SocketException((int)SocketError.TryAgain));
    }
}
