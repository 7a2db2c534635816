using Google.Protobuf;
using Google.Protobuf.Reflection;
using XmtpOrleans.Gateway.Rpc.Binding;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Binds the methods of one service, each checked against the definition.</summary>
internal sealed class RpcServiceBinder(RpcBinder binder, ServiceDescriptor service)
{
    /// <summary>Binds a unary method; <typeparamref name="TResponse"/> is its response message or <see cref="ReadyMessage"/>.</summary>
    public RpcServiceBinder Unary<TRequest, TResponse>(string name, UnaryHandler<TRequest, TResponse> handler)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class =>
        Add(new UnaryMethod<TRequest, TResponse>(
            service.FullName, name, Find<TRequest>(name, RpcMethodKind.Unary), Parse<TRequest>(), handler));

    /// <summary>Binds a unary method whose request is read by <paramref name="parser"/> from the received bytes.</summary>
    public RpcServiceBinder Unary<TRequest, TResponse>(
        string name, RequestParser<TRequest> parser, UnaryHandler<TRequest, TResponse> handler)
        where TResponse : class =>
        Add(new UnaryMethod<TRequest, TResponse>(service.FullName, name, Find(name, RpcMethodKind.Unary), parser, handler));

    /// <summary>Binds a method that answers one request with a stream.</summary>
    public RpcServiceBinder ServerStream<TRequest>(string name, ServerStreamHandler<TRequest> handler)
        where TRequest : class, IMessage<TRequest>, new() =>
        Add(new ServerStreamMethod<TRequest>(
            service.FullName, name, Find<TRequest>(name, RpcMethodKind.ServerStream), Parse<TRequest>(), handler));

    /// <summary>Binds a method that reads and writes streams.</summary>
    public RpcServiceBinder Duplex<TRequest>(string name, DuplexHandler<TRequest> handler)
        where TRequest : class, IMessage<TRequest>, new() =>
        Add(new DuplexMethod<TRequest>(service.FullName, name, Find<TRequest>(name, RpcMethodKind.Duplex), Parse<TRequest>(), handler));

    private static RequestParser<TRequest> Parse<TRequest>()
        where TRequest : class, IMessage<TRequest>, new()
    {
        var name = new TRequest().Descriptor.FullName;
        return bytes => WireMessage.TryParse<TRequest>(bytes.Span, out var request)
            ? request
            : throw RpcErrors.Unparsable($"not a valid {name}");
    }

    private RpcServiceBinder Add(RpcMethod method)
    {
        binder.Add(method);
        return this;
    }

    private MethodDescriptor Find<TRequest>(string name, RpcMethodKind kind)
    {
        var method = Find(name, kind);
        return method.InputType.ClrType == typeof(TRequest)
            ? method
            : throw new RpcBindingException($"{method.FullName} takes {method.InputType.FullName}, not {typeof(TRequest).Name}.");
    }

    private MethodDescriptor Find(string name, RpcMethodKind kind)
    {
        var method = service.FindMethodByName(name) ?? throw new RpcBindingException($"{service.FullName} defines no method {name}.");
        var defined = (method.IsClientStreaming, method.IsServerStreaming) switch
        {
            (false, false) => RpcMethodKind.Unary,
            (false, true) => RpcMethodKind.ServerStream,
            (true, true) => RpcMethodKind.Duplex,
            _ => throw new RpcBindingException($"{method.FullName} streams only requests, which is not supported."),
        };
        return defined == kind ? method : throw new RpcBindingException($"{method.FullName} is {defined}, not {kind}.");
    }
}
