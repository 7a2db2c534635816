using XmtpOrleans.Gateway.Rpc.Binding;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Tells the protocol of a request from its content type.</summary>
internal static class RpcProtocols
{
    /// <summary>The <c>Accept-Post</c> answer for a unary method.</summary>
    public const string AcceptedUnary =
        "application/grpc, application/grpc+proto, application/grpc-web, application/grpc-web+proto, application/grpc-web-text, "
        + "application/grpc-web-text+proto, application/proto, application/json";

    /// <summary>The <c>Accept-Post</c> answer for a stream.</summary>
    public const string AcceptedStream =
        "application/grpc, application/grpc+proto, application/grpc-web, application/grpc-web+proto, application/grpc-web-text, "
        + "application/grpc-web-text+proto, application/connect+proto, application/connect+json";

    /// <summary>
    /// The protocol a content type stands for; <see cref="RpcProtocol.None"/> for all others (gRPC with JSON among them).
    /// </summary>
    public static RpcProtocol Of(string? contentType) => contentType switch
    {
        null => RpcProtocol.None,
        "application/grpc" => RpcProtocol.Grpc,
        _ => OfMediaType(contentType),
    };

    public static bool IsGrpc(this RpcProtocol protocol) => protocol is RpcProtocol.Grpc or RpcProtocol.GrpcWeb or RpcProtocol.GrpcWebText;

    public static bool IsConnect(this RpcProtocol protocol) => protocol.IsConnectUnary() || protocol.IsConnectStream();

    public static bool IsConnectUnary(this RpcProtocol protocol) =>
        protocol is RpcProtocol.ConnectUnaryProto or RpcProtocol.ConnectUnaryJson;

    public static bool IsConnectStream(this RpcProtocol protocol) =>
        protocol is RpcProtocol.ConnectStreamProto or RpcProtocol.ConnectStreamJson;

    /// <summary>Whether a method of this kind can be called through the protocol.</summary>
    public static bool Fits(this RpcProtocol protocol, RpcMethodKind kind) =>
        protocol.IsGrpc() || (kind is RpcMethodKind.Unary ? protocol.IsConnectUnary() : protocol.IsConnectStream());

    private static RpcProtocol OfMediaType(string contentType)
    {
        var mediaType = contentType.AsSpan();
        var parameters = mediaType.IndexOf(';');
        if (parameters >= 0) mediaType = mediaType[..parameters];

        Span<char> lower = stackalloc char[40];
        mediaType = mediaType.Trim();
        if (mediaType.Length > lower.Length) return RpcProtocol.None;

        return lower[..mediaType.ToLowerInvariant(lower)] switch
        {
            "application/grpc" or "application/grpc+proto" => RpcProtocol.Grpc,
            "application/grpc-web" or "application/grpc-web+proto" => RpcProtocol.GrpcWeb,
            "application/grpc-web-text" or "application/grpc-web-text+proto" => RpcProtocol.GrpcWebText,
            "application/proto" => RpcProtocol.ConnectUnaryProto,
            "application/json" => RpcProtocol.ConnectUnaryJson,
            "application/connect+proto" => RpcProtocol.ConnectStreamProto,
            "application/connect+json" => RpcProtocol.ConnectStreamJson,
            _ => RpcProtocol.None,
        };
    }
}
