using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Streams;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds.Cluster;

/// <summary>How the stream provider between the processes of a node names what it carries.</summary>
internal static class LiveFeed
{
    /// <summary>Name of the stream provider, and prefix of its queues.</summary>
    public const string ProviderName = "live";

    private const string Namespace = "xmtp.log";

    /// <summary>The stream of a log.</summary>
    public static StreamId StreamOf(OriginatorId originator) => StreamId.Create(Namespace, originator.Value);

    /// <summary>The token of a position: a reader that names it has everything up to there.</summary>
    public static StreamSequenceToken TokenOf(SequenceId position) => new EventSequenceTokenV2((long)position.Value);

    /// <summary>The position of a token.</summary>
    public static SequenceId PositionOf(StreamSequenceToken token) => new((ulong)token.SequenceNumber);
}
