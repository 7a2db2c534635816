namespace XmtpOrleans.Gateway.Rpc;

/// <summary>The shape of a method.</summary>
internal enum RpcMethodKind
{
    Unary,
    ServerStream,
    Duplex,
}
