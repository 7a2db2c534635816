using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Originators;

/// <summary>One stored envelope: the exact signed bytes beside the columns that readers decide by.</summary>
/// <remarks>The same object stands in a log's ring, in a topic's tail and in every stream's list; nothing in it is written after construction.</remarks>
[GenerateSerializer, Immutable, Alias("xmtp.log-entry")]
public sealed class LogEntry
{
    /// <summary>Expiry of an envelope that is kept for ever.</summary>
    public const long NeverExpires = long.MaxValue;

    /// <summary>Whose log it stands in.</summary>
    [Id(0)] public required OriginatorId Originator { get; init; }

    /// <summary>Its position there.</summary>
    [Id(1)] public required SequenceId Sequence { get; init; }

    /// <summary>When its originator accepted it, nanoseconds since the Unix epoch; strictly rising in a log.</summary>
    [Id(2)] public required long OriginatorNs { get; init; }

    /// <summary>Order of arrival at this node across all logs: microseconds since the Unix epoch by the appender's clock.</summary>
    [Id(3)] public required long ArrivalUs { get; init; }

    /// <summary>Unix second from which it is no longer served; <see cref="NeverExpires"/> for chain envelopes.</summary>
    [Id(4)] public required long ExpirySeconds { get; init; }

    /// <summary>Its topic.</summary>
    [Id(5)] public required Topic Topic { get; init; }

    /// <summary>The whole originator envelope, as signed, stored, answered and streamed.</summary>
    [Id(6)] public required byte[] Bytes { get; init; }

    /// <summary>Whether readers by topic get it. A peer's envelope that would break clients is kept and replicated, but not served (06 §15).</summary>
    [Id(7)] public bool Servable { get; init; } = true;

    /// <summary>Wallet addresses that gained or lost an inbox by this commit; only in the log of identity updates, and only on the live feed.</summary>
    [Id(8)] public AddressChange[] AddressChanges { get; init; } = [];

    /// <summary>Whether it is no longer served at a Unix second (a topic's newest key package still is).</summary>
    public bool IsExpired(long nowSeconds) => ExpirySeconds <= nowSeconds;
}
