namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Answers one request with one message: a protobuf message or a <see cref="ReadyMessage"/>.</summary>
/// <remarks>Refuse by throwing what <see cref="RpcErrors"/> makes; a store that is away reaches the client as <c>Unavailable</c>, every other
/// exception as <c>Internal</c>.</remarks>
internal delegate Task<TResponse> UnaryHandler<TRequest, TResponse>(RpcRequest<TRequest> request, RpcContext context)
    where TResponse : class;

/// <summary>
/// Answers one request with a stream, until it returns or <see cref="RpcContext.CancellationToken"/> fires: the client left, its
/// deadline passed, or the server drains. It need not tell these apart; the status is set by whoever ended the stream.
/// </summary>
internal delegate Task ServerStreamHandler<TRequest>(RpcRequest<TRequest> request, RpcStreamWriter responses, RpcContext context);

/// <summary>Reads and writes at the same time, under the rules of <see cref="ServerStreamHandler{TRequest}"/>.</summary>
internal delegate Task DuplexHandler<TRequest>(IRpcStreamReader<TRequest> requests, RpcStreamWriter responses, RpcContext context);

/// <summary>
/// Reads a request by own means, for methods that slice the received bytes instead of building a message. Throw
/// <see cref="Google.Protobuf.InvalidProtocolBufferException"/> for bytes that are not a request.
/// </summary>
internal delegate TRequest RequestParser<TRequest>(ReadOnlyMemory<byte> bytes);
