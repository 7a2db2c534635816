using Google.Protobuf;
using Xmtp.Xmtpv4.Envelopes;
using Xmtp.Xmtpv4.MessageApi;

namespace XmtpOrleans.Load.Workloads;

/// <summary>The read requests of a run, encoded beforehand, over topics whose popularity follows Zipf's law.</summary>
internal static class Reads
{
    private const string Service = "/xmtp.xmtpv4.message_api.ReplicationApi/";

    /// <summary>Path and request of a read, by its name on the command line.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="limit">Limit of a query.</param>
    /// <param name="lastSeen">Where queries start; <see langword="null"/> is the beginning of each topic.</param>
    public static (string Path, Func<int, IMessage> Request) Of(string name, uint limit, Cursor? lastSeen) => name switch
    {
        "query" => (Service + "QueryEnvelopes", group => new QueryEnvelopesRequest
        {
            Query = new EnvelopesQuery { Topics = { ByteString.CopyFrom(GroupMessages.Topic(group)) }, LastSeen = lastSeen },
            Limit = limit,
        }),
        "newest" => (Service + "GetNewestEnvelope", group => new GetNewestEnvelopeRequest
        {
            Topics = { ByteString.CopyFrom(GroupMessages.Topic(group)) },
        }),
        "inbox-ids" => (Service + "GetInboxIds", group => new GetInboxIdsRequest
        {
            Requests =
            {
                new GetInboxIdsRequest.Types.Request
                {
                    Identifier = $"0x{group:x40}",
                    IdentifierKind = Xmtp.Identity.Associations.IdentifierKind.Ethereum,
                },
            },
        }),
        _ => throw new LoadException($"{name}: not a read; one of query, newest, inbox-ids"),
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
