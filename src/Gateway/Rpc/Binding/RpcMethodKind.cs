namespace XmtpOrleans.Gateway.Rpc.Binding;

/// <summary>The shape of a method.</summary>
internal enum RpcMethodKind
{
    Unary,
    ServerStream,
    Duplex,
}
