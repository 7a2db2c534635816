using Google.Protobuf.WellKnownTypes;
using Xmtp.Migration.Api.V1;
using Xmtp.Xmtpv4.MessageApi;
using Xmtp.Xmtpv4.MetadataApi;
using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Nodes;

/// <summary>Every method that a node serves. One handler stands behind each method, under its old and its new service alike.</summary>
internal sealed class NodeServices(PublishApi publish, QueryApi query, SubscribeApi subscribe, MetadataApi metadata) : IRpcService
{
    private const string Replication = "xmtp.xmtpv4.message_api.ReplicationApi";
    private const string Notification = "xmtp.xmtpv4.message_api.NotificationApi";

    public void Bind(RpcBinder binder)
    {
        Read(binder.Service(MessageApiReflection.Descriptor, "ReplicationApi"))
            .ServerStream<SubscribeEnvelopesRequest>("SubscribeEnvelopes", subscribe.SubscribeEnvelopesAsync)
            .ServerStream<SubscribeOriginatorsRequest>("SubscribeOriginators", subscribe.SubscribeOriginatorsAsync)
            .Unary<PublishPayload, ReadyMessage>("PublishPayerEnvelopes", PublishPayload.Parse, publish.PublishAsync);
        Read(binder.Service(QueryApiReflection.Descriptor, "QueryApi"));
        binder.Service(PublishApiReflection.Descriptor, "PublishApi")
            .Unary<PublishPayload, ReadyMessage>("PublishPayerEnvelopes", PublishPayload.Parse, publish.PublishAsync);
        binder.Service(NotificationApiReflection.Descriptor, "NotificationApi")
            .ServerStream<SubscribeAllEnvelopesRequest>("SubscribeAllEnvelopes", subscribe.SubscribeAllAsync);
        binder.Alias(Replication, "SubscribeAllEnvelopes", $"/{Notification}/SubscribeAllEnvelopes"); // where 1.3 nodes had it
        binder.Service(MetadataApiReflection.Descriptor, "MetadataApi")
            .Unary<GetSyncCursorRequest, GetSyncCursorResponse>("GetSyncCursor", metadata.GetSyncCursorAsync)
            .ServerStream<GetSyncCursorRequest>("SubscribeSyncCursor", metadata.SubscribeSyncCursorAsync)
            .Unary<GetVersionRequest, GetVersionResponse>("GetVersion", metadata.GetVersionAsync)
            .Unary<GetPayerInfoRequest, GetPayerInfoResponse>("GetPayerInfo", metadata.GetPayerInfoAsync);
        binder.Service(MigrationReflection.Descriptor, "D14nMigrationApi")
            .Unary<Empty, FetchD14nCutoverResponse>("FetchD14nCutover", MigrationApi.FetchCutoverAsync);
    }

    private RpcServiceBinder Read(RpcServiceBinder service) => service
        .Unary<QueryEnvelopesRequest, ReadyMessage>("QueryEnvelopes", query.QueryEnvelopesAsync)
        .Unary<GetNewestEnvelopeRequest, ReadyMessage>("GetNewestEnvelope", query.GetNewestEnvelopeAsync)
        .Unary<GetInboxIdsRequest, GetInboxIdsResponse>("GetInboxIds", query.GetInboxIdsAsync)
        .ServerStream<SubscribeTopicsRequest>("SubscribeTopics", subscribe.SubscribeTopicsAsync);
}
