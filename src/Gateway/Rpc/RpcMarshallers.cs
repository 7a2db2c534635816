using System.Buffers;
using Google.Protobuf;
using Grpc.Core;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>The one marshaller of all methods: keeps the received bytes, refuses what cannot be parsed, writes ready bytes as they are.</summary>
internal static class RpcMarshallers
{
    public static Marshaller<RpcRequest<TRequest>> Request<TRequest>(RequestParser<TRequest> parser) => new(
        static (_, _) => throw new NotSupportedException("Requests are only read."),
        context => Parse(context.PayloadAsReadOnlySequence().ToArray(), parser));

    public static Marshaller<TResponse> Response<TResponse>()
        where TResponse : class => new(Serialize, static _ => throw new NotSupportedException("Responses are only written."));

    /// <summary>Reads a request from bytes nobody else holds.</summary>
    public static RpcRequest<TRequest> Parse<TRequest>(byte[] bytes, RequestParser<TRequest> parser)
    {
        try
        {
            return new RpcRequest<TRequest>(parser(bytes), bytes);
        }
        catch (InvalidProtocolBufferException invalid)
        {
            throw RpcErrors.Unparsable(invalid.Message);
        }
    }

    private static void Serialize<TResponse>(TResponse response, SerializationContext context)
        where TResponse : class
    {
        if (response is ReadyMessage ready)
        {
            context.SetPayloadLength(ready.Length);
            ready.WriteTo(context.GetBufferWriter());
        }
        else
        {
            var message = (IMessage)response;
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
        }

        context.Complete();
    }
}
