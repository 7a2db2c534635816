using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Model;

namespace XmtpOrleans.Gateway.Rpc.Binding;

/// <summary>One served method: its name, shape, messages and handler. Knows how to answer through gRPC and through Connect.</summary>
internal abstract class RpcMethod
{
    protected RpcMethod(string service, string name, RpcMethodKind kind, MethodDescriptor descriptor)
    {
        Service = service;
        Name = name;
        Kind = kind;
        Descriptor = descriptor;
        Path = $"/{service}/{name}";
        IsHealth = service == RpcHealth.ServiceName;
        Tags =
        [
            new("grpc_service", service),
            new("grpc_method", name),
            new("grpc_type", kind switch
            {
                RpcMethodKind.Unary => "unary",
                RpcMethodKind.ServerStream => "server_stream",
                _ => "bidi_stream",
            }),
        ];
    }

    /// <summary>Full service name it is served under; for an alias not that of <see cref="Descriptor"/>.</summary>
    public string Service { get; }

    public string Name { get; }

    public RpcMethodKind Kind { get; }

    /// <summary>The definition whose messages are used.</summary>
    public MethodDescriptor Descriptor { get; }

    /// <summary>The request path: <c>/service/method</c>.</summary>
    public string Path { get; }

    /// <summary>What happened here, for the metrics.</summary>
    public RpcMethodCounts Counts { get; } = new();

    /// <summary>The method's name as tags of a measurement.</summary>
    public KeyValuePair<string, object?>[] Tags { get; }

    /// <summary>Health is asked by clients that have no credentials yet.</summary>
    public bool IsHealth { get; }

    public bool IsStream => Kind is not RpcMethodKind.Unary;

    /// <summary>The same method under another name.</summary>
    public abstract RpcMethod At(string service, string name);

    /// <summary>Hands the method to the gRPC server.</summary>
    public abstract void AddTo(ServiceMethodProviderContext<RpcMethodTable> grpc);

    /// <summary>Runs the handler for requests that were received by other means than gRPC; fails with a status only.</summary>
    /// <returns>The response of a unary method; null for streams, whose responses went to <paramref name="responses"/>.</returns>
    public abstract Task<ReadyMessage?> InvokeAsync(IRpcStreamReader<byte[]> requests, RpcStreamWriter? responses, RpcContext context);

    protected static async Task<RpcRequest<TRequest>> ReadOnlyAsync<TRequest>(
        IRpcStreamReader<byte[]> requests, RequestParser<TRequest> parser, RpcContext context)
    {
        var request = await requests.ReadAsync(context.CancellationToken) ?? throw RpcErrors.InvalidArgument("missing request message");
        return RpcMarshallers.Parse(request.Message, parser);
    }
}
