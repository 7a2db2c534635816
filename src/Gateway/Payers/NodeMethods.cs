using System.Buffers;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Xmtp.Xmtpv4.MessageApi;
using Xmtp.Xmtpv4.MetadataApi;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>The methods of a node that a gateway calls.</summary>
internal static class NodeMethods
{
    private const string Publish = "PublishPayerEnvelopes";

    private static readonly Marshaller<ReadyMessage> Ready = new(
        (message, context) =>
        {
            context.SetPayloadLength(message.Length);
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        static _ => throw new NotSupportedException("Ready messages are only written."));

    // Read into one array, so that its envelopes can be forwarded as they came.
    private static readonly Marshaller<EnvelopeList> Envelopes = new(
        static (_, _) => throw new NotSupportedException("Envelope lists are only read."),
        static context => EnvelopeList.TryParse(context.PayloadAsNewBuffer(), out var list)
            ? list
            : throw new RpcException(new Status(StatusCode.Internal, "the answer is not a list of envelopes")));

    public static Method<ReadyMessage, EnvelopeList> PublishApi { get; } =
        new(MethodType.Unary, "xmtp.xmtpv4.message_api.PublishApi", Publish, Ready, Envelopes);

    /// <summary>Where older nodes have it.</summary>
    public static Method<ReadyMessage, EnvelopeList> ReplicationApi { get; } =
        new(MethodType.Unary, "xmtp.xmtpv4.message_api.ReplicationApi", Publish, Ready, Envelopes);

    public static Method<QueryEnvelopesRequest, EnvelopeList> Query { get; } = new(
        MethodType.Unary, "xmtp.xmtpv4.message_api.ReplicationApi", "QueryEnvelopes", Of<QueryEnvelopesRequest>(), Envelopes);

    public static Method<GetSyncCursorRequest, GetSyncCursorResponse> FollowMarks { get; } = new(
        MethodType.ServerStreaming,
        "xmtp.xmtpv4.metadata_api.MetadataApi",
        "SubscribeSyncCursor",
        Of<GetSyncCursorRequest>(),
        Of<GetSyncCursorResponse>());

    public static Method<HealthCheckRequest, HealthCheckResponse> Health { get; } = new(
        MethodType.Unary, "grpc.health.v1.Health", "Check", Of<HealthCheckRequest>(), Of<HealthCheckResponse>());

    private static Marshaller<T> Of<T>()
        where T : class, IMessage<T>, new() => new(
        static (message, context) =>
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        static context => WireMessage.TryParse<T>(context.PayloadAsReadOnlySequence().ToArray(), out var message)
            ? message
            : throw new InvalidDataException($"A node answered something that is no {typeof(T).Name}."));
}
