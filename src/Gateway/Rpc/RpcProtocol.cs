namespace XmtpOrleans.Gateway.Rpc;

/// <summary>How a call is carried over HTTP.</summary>
internal enum RpcProtocol
{
    /// <summary>No protocol we speak.</summary>
    None,

    Grpc,
    GrpcWeb,
    GrpcWebText,
    ConnectUnaryProto,
    ConnectUnaryJson,
    ConnectStreamProto,
    ConnectStreamJson,
}
