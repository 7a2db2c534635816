using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace XmtpOrleans.Gateway.Rpc.Binding;

/// <summary>Many requests, many responses.</summary>
internal sealed class DuplexMethod<TRequest>(
    string service, string name, MethodDescriptor descriptor, RequestParser<TRequest> parser, DuplexHandler<TRequest> handler)
    : RpcMethod(service, name, RpcMethodKind.Duplex, descriptor)
{
    public override RpcMethod At(string service, string name) => new DuplexMethod<TRequest>(service, name, Descriptor, parser, handler);

    public override void AddTo(ServiceMethodProviderContext<RpcMethodTable> grpc) => grpc.AddDuplexStreamingMethod(
        new Method<RpcRequest<TRequest>, ReadyMessage>(
            MethodType.DuplexStreaming, Service, Name, RpcMarshallers.Request(parser, Counts), RpcMarshallers.Response),
        [this],
        (_, requests, _, call) =>
        {
            var context = RpcContext.Of(call);
            return HandleAsync(new GrpcReader(requests, context), context.NewWriter(ProtoFrames.Instance), context);
        });

    public override async Task<ReadyMessage?> InvokeAsync(IRpcStreamReader<byte[]> requests, RpcStreamWriter? responses, RpcContext context)
    {
        await HandleAsync(new ParsingReader(requests, parser), responses!, context);
        return null;
    }

    private async Task HandleAsync(IRpcStreamReader<TRequest> requests, RpcStreamWriter responses, RpcContext context)
    {
        try
        {
            await handler(requests, responses, context);
            context.ThrowIfEnded();
        }
        catch (Exception exception)
        {
            throw context.ToStatus(exception);
        }
    }

    private sealed class GrpcReader(IAsyncStreamReader<RpcRequest<TRequest>> requests, RpcContext context) : IRpcStreamReader<TRequest>
    {
        public async ValueTask<RpcRequest<TRequest>?> ReadAsync(CancellationToken cancellationToken)
        {
            // The framework's reader answers InvalidOperationException once the client is gone.
            context.CancellationToken.ThrowIfCancellationRequested();
            return await requests.MoveNext(cancellationToken) ? requests.Current : null;
        }
    }

    private sealed class ParsingReader(IRpcStreamReader<byte[]> requests, RequestParser<TRequest> parser) : IRpcStreamReader<TRequest>
    {
        public async ValueTask<RpcRequest<TRequest>?> ReadAsync(CancellationToken cancellationToken) =>
            await requests.ReadAsync(cancellationToken) is { } bytes ? RpcMarshallers.Parse(bytes.Message, parser) : null;
    }
}
