using System.Buffers;
using Google.Protobuf;
using Grpc.Core;

namespace XmtpOrleans.Gateway.Rpc.Binding;

/// <summary>
/// The one marshaller of all methods: keeps the received bytes, refuses what cannot be parsed, writes ready bytes as they are.
/// </summary>
internal static class RpcMarshallers
{
    /// <summary>Writes a response, unless it is <see cref="ReadyMessage.Sent"/>.</summary>
    public static readonly Marshaller<ReadyMessage> Response = new(
        Serialize, static _ => throw new NotSupportedException("Responses are only written."));

    public static Marshaller<RpcRequest<TRequest>> Request<TRequest>(RequestParser<TRequest> parser, RpcMethodCounts counts) => new(
        static (_, _) => throw new NotSupportedException("Requests are only read."),
        context =>
        {
            counts.Receive();
            return Parse(context.PayloadAsReadOnlySequence().ToArray(), parser);
        });

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

    private static void Serialize(ReadyMessage response, SerializationContext context)
    {
        if (ReferenceEquals(response, ReadyMessage.Sent)) return;

        context.SetPayloadLength(response.Length);
        response.WriteTo(context.GetBufferWriter());
        context.Complete();
    }
}
