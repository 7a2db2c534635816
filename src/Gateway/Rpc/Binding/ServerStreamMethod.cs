using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace XmtpOrleans.Gateway.Rpc.Binding;

/// <summary>One request, many responses.</summary>
internal sealed class ServerStreamMethod<TRequest>(
    string service, string name, MethodDescriptor descriptor, RequestParser<TRequest> parser, ServerStreamHandler<TRequest> handler)
    : RpcMethod(service, name, RpcMethodKind.ServerStream, descriptor)
{
    public override RpcMethod At(string service, string name) =>
        new ServerStreamMethod<TRequest>(service, name, Descriptor, parser, handler);

    public override void AddTo(ServiceMethodProviderContext<RpcMethodTable> grpc) => grpc.AddServerStreamingMethod(
        new Method<RpcRequest<TRequest>, ReadyMessage>(
            MethodType.ServerStreaming, Service, Name, RpcMarshallers.Request(parser, Counts), RpcMarshallers.Response),
        [this],
        (_, request, _, call) =>
        {
            // The framework's writer is not used: ours writes shared frames and flushes once a burst.
            var context = RpcContext.Of(call);
            return HandleAsync(request, context.NewWriter(ProtoFrames.Instance), context);
        });

    public override async Task<ReadyMessage?> InvokeAsync(IRpcStreamReader<byte[]> requests, RpcStreamWriter? responses, RpcContext context)
    {
        var request = await ReadOnlyAsync(requests, parser, context);
        await HandleAsync(request, responses!, context);
        return null;
    }

    private async Task HandleAsync(RpcRequest<TRequest> request, RpcStreamWriter responses, RpcContext context)
    {
        try
        {
            await handler(request, responses, context);
            context.ThrowIfEnded();
        }
        catch (Exception exception)
        {
            throw context.ToStatus(exception);
        }
    }
}
