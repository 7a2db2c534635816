using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace XmtpOrleans.Gateway.Rpc.Binding;

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
        new Method<RpcRequest<TRequest>, ReadyMessage>(
            MethodType.Unary, Service, Name, RpcMarshallers.Request(_parser, Counts), RpcMarshallers.Response),
        [this],
        (_, request, call) => AnswerAsync(request, RpcContext.Of(call)));

    public override async Task<ReadyMessage?> InvokeAsync(IRpcStreamReader<byte[]> requests, RpcStreamWriter? responses, RpcContext context)
    {
        var request = await ReadOnlyAsync(requests, _parser, context);
        try
        {
            return ToReady(await _handler(request, context));
        }
        catch (Exception exception)
        {
            throw context.ToStatus(exception);
        }
    }

    private static ReadyMessage ToReady(TResponse response) => response as ReadyMessage ?? ReadyMessage.Of((IMessage)(object)response);

    private Task<ReadyMessage> AnswerAsync(RpcRequest<TRequest> request, RpcContext context)
    {
        try
        {
            var response = _handler(request, context);

            // What is ready and small goes as it is, with nothing allocated on the way.
            return response is Task<ReadyMessage> { IsCompletedSuccessfully: true } ready
                && !RpcStreamWriter.IsLarge(ready.GetAwaiter().GetResult())
                ? ready
                : FinishAsync(response, context);
        }
        catch (Exception exception)
        {
            throw context.ToStatus(exception);
        }
    }

    private static async Task<ReadyMessage> FinishAsync(Task<TResponse> response, RpcContext context)
    {
        try
        {
            var ready = ToReady(await response);
            if (!RpcStreamWriter.IsLarge(ready)) return ready;

            await context.NewWriter(ProtoFrames.Instance).WriteLargeAsync(ready, framed: true);
            return ReadyMessage.Sent;
        }
        catch (Exception exception)
        {
            throw context.ToStatus(exception);
        }
    }
}
