using System.Net;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Says what a node's name stands for.</summary>
internal interface INodeResolver
{
    /// <summary>All addresses of a name, which may be an address itself; at least one.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The name is unknown, or nobody can say.</exception>
    Task<IReadOnlyList<IPEndPoint>> ResolveAsync(DnsEndPoint name, CancellationToken cancellationToken);
}
