using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>One request, one response.</summary>
internal sealed class UnaryMethod<TRequest, TResponse> : RpcMethod
    where TResponse : class
{
    private readonly RequestParser<TRequest> _parser;
    private readonly UnaryHandler<TRequest, TResponse> _handler;

    public UnaryMethod(
        string service, string name, MethodDescriptor descriptor, RequestParser<TRequest> parser, UnaryHandler<TRequest, TResponse> handler)
        : base(service, name, RpcMethodKind.Unary, descriptor)
    {
        if (typeof(TResponse) != typeof(ReadyMessage) && typeof(TResponse) != descriptor.OutputType.ClrType)
        {
            throw new RpcBindingException($"{descriptor.FullName} returns {descriptor.OutputType.FullName}, not {typeof(TResponse).Name}.");
        }

        _parser = parser;
        _handler = handler;
    }

    public override RpcMethod At(string service, string name) =>
        new UnaryMethod<TRequest, TResponse>(service, name, Descriptor, _parser, _handler);

    public override void AddTo(ServiceMethodProviderContext<RpcMethodTable> grpc) => grpc.AddUnaryMethod(
        new Method<RpcRequest<TRequest>, TResponse>(
            MethodType.Unary, Service, Name, RpcMarshallers.Request(_parser), RpcMarshallers.Response<TResponse>()),
        [this],
        (_, request, call) => HandleAsync(request, RpcContext.Of(call)));

    public override async Task<object?> InvokeAsync(IRpcStreamReader<byte[]> requests, RpcStreamWriter? responses, RpcContext context)
    {
        var request = await ReadOnlyAsync(requests, _parser, context);
        return await HandleAsync(request, context);
    }

    private Task<TResponse> HandleAsync(RpcRequest<TRequest> request, RpcContext context)
    {
        try
        {
            var response = _handler(request, context);
            return response.IsCompletedSuccessfully ? response : AwaitAsync(response, context);
        }
        catch (Exception exception)
        {
            throw context.ToStatus(exception);
        }
    }

    private static async Task<TResponse> AwaitAsync(Task<TResponse> response, RpcContext context)
    {
        try
        {
            return await response;
        }
        catch (Exception exception)
        {
            throw context.ToStatus(exception);
        }
    }
}
