using Google.Protobuf;
using Xmtp.Xmtpv4.Envelopes;
using Xmtp.Xmtpv4.MessageApi;
using Xmtp.Xmtpv4.MetadataApi;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Load.Workloads;

/// <summary>The read requests of a run, encoded beforehand, over topics whose popularity follows Zipf's law.</summary>
internal static class Reads
{
    private const string Service = "/xmtp.xmtpv4.message_api.ReplicationApi/";

    /// <summary>An address that a skewed fill has registered, when it is among the first.</summary>
    public static string Address(long number) => $"0x{number:x40}";

    /// <summary>Path and request of a read, by its name on the command line.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="limit">Limit of a query.</param>
    /// <param name="lastSeen">Where the query of a number starts; <see langword="null"/> is the beginning.</param>
    /// <param name="log">The log that is read as one.</param>
    public static (string Path, Func<int, IMessage> Request) Of(string name, uint limit, Func<int, Cursor?> lastSeen, OriginatorId log) => name switch
    {
        "query" => (Service + "QueryEnvelopes", group => new QueryEnvelopesRequest
        {
            Query = new EnvelopesQuery { Topics = { ByteString.CopyFrom(GroupMessages.Topic(group)) }, LastSeen = lastSeen(group) },
            Limit = limit,
        }),
        "log" => (Service + "QueryEnvelopes", place => new QueryEnvelopesRequest
        {
            Query = new EnvelopesQuery { OriginatorNodeIds = { log.Value }, LastSeen = lastSeen(place) },
            Limit = limit,
        }),
        "newest" => (Service + "GetNewestEnvelope", group => new GetNewestEnvelopeRequest
        {
            Topics = { ByteString.CopyFrom(GroupMessages.Topic(group)) },
        }),
        "inbox-ids" => (Service + "GetInboxIds", number => new GetInboxIdsRequest
        {
            Requests =
            {
                new GetInboxIdsRequest.Types.Request
                {
                    Identifier = Address(number),
                    IdentifierKind = Xmtp.Identity.Associations.IdentifierKind.Ethereum,
                },
            },
        }),
        "marks" => ("/xmtp.xmtpv4.metadata_api.MetadataApi/GetSyncCursor", _ => new GetSyncCursorRequest()),
        _ => throw new LoadException($"{name}: not a read; one of query, log, newest, inbox-ids, marks"),
    };

    /// <summary>An endless, repeatable series of requests over the topics.</summary>
    /// <param name="request">Makes the request for a group.</param>
    /// <param name="topics">How many groups.</param>
    /// <param name="exponent">Exponent of Zipf's law; zero asks for all alike.</param>
    public static NextRequest Series(Func<int, IMessage> request, int topics, double exponent)
    {
        var encoded = Enumerable.Range(0, topics).Select(group => request(group).ToByteArray()).ToArray();
        var picks = new ZipfPicks(topics, exponent);
        var next = 0;
        return (long _, out ReadOnlyMemory<byte> message, out int envelopes) =>
        {
            message = encoded[picks.Pick((uint)Interlocked.Increment(ref next))];
            envelopes = 1;
            return true;
        };
    }
}
