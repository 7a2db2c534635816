using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>A node as the registry names it.</summary>
/// <param name="Id">Its originator id.</param>
/// <param name="Url">Where clients and peers reach it; http or https.</param>
/// <param name="SigningAddress">Address of the key that signs its envelopes.</param>
public sealed record RegisteredNode(OriginatorId Id, Uri Url, EthereumAddress SigningAddress);
