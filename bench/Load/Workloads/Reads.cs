using Google.Protobuf;
using Xmtp.Xmtpv4.MessageApi;

namespace XmtpOrleans.Load.Workloads;

/// <summary>The read requests of a run, encoded beforehand, over topics whose popularity follows Zipf's law.</summary>
internal static class Reads
{
    private const string Service = "/xmtp.xmtpv4.message_api.ReplicationApi/";
    private const int Picks = 1 << 16;

    /// <summary>Path and request of a read, by its name on the command line.</summary>
    public static (string Path, Func<int, IMessage> Request) Of(string name, uint limit) => name switch
    {
        "query" => (Service + "QueryEnvelopes", group => new QueryEnvelopesRequest
        {
            Query = new EnvelopesQuery { Topics = { ByteString.CopyFrom(GroupMessages.Topic(group)) } },
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
        var cumulative = new double[topics];
        var sum = 0.0;
        for (var rank = 0; rank < topics; rank++)
        {
            sum += 1 / Math.Pow(rank + 1, exponent);
            cumulative[rank] = sum;
        }

        var random = new Random(42);
        var picks = new int[Picks];
        for (var at = 0; at < Picks; at++)
        {
            var found = Array.BinarySearch(cumulative, random.NextDouble() * sum);
            picks[at] = Math.Min(found < 0 ? ~found : found, topics - 1);
        }

        var next = 0;
        return (long _, out ReadOnlyMemory<byte> message, out int envelopes) =>
        {
            message = encoded[picks[(uint)Interlocked.Increment(ref next) % Picks]];
            envelopes = 1;
            return true;
        };
    }
}
