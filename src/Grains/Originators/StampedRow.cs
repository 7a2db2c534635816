using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>An envelope with its position, time and price: first to be signed, then to be committed.</summary>
internal sealed class StampedRow
{
    /// <summary>The publish.</summary>
    public required PublishEntry Entry { get; init; }

    /// <summary>Who pays.</summary>
    public required EthereumAddress Payer { get; init; }

    /// <summary>Keyed fingerprint of payer and client envelope.</summary>
    public required long Fingerprint { get; init; }

    /// <summary>Its position.</summary>
    public required SequenceId Sequence { get; init; }

    /// <summary>Its time.</summary>
    public required long OriginatorNs { get; init; }

    /// <summary>Unix second from which it is no longer served.</summary>
    public required long ExpirySeconds { get; init; }

    /// <summary>Base plus congestion fee.</summary>
    public required long FeePicodollars { get; init; }

    /// <summary>Whether usage counts it.</summary>
    public required bool CountsUsage { get; init; }

    /// <summary>Whether congestion counts it.</summary>
    public required bool CountsCongestion { get; init; }

    /// <summary>What is signed.</summary>
    public required byte[] Unsigned { get; init; }

    /// <summary>The whole originator envelope; set once, when the signature is there, and shown to nobody before the commit.</summary>
    public byte[] Signed { get; set; } = [];

    /// <summary>Whether a publish is the same as this one.</summary>
    public bool IsSame(PublishEntry entry, EthereumAddress payer) =>
        Payer == payer && Entry.ClientEnvelope.SequenceEqual(entry.ClientEnvelope);

    /// <summary>The row as the store takes it.</summary>
    public LogRow ToRow(OriginatorId originator) => new()
    {
        Entry = new LogEntry
        {
            Originator = originator,
            Sequence = Sequence,
            OriginatorNs = OriginatorNs,
            ArrivalUs = OriginatorNs / 1_000,
            ExpirySeconds = ExpirySeconds,
            Topic = Entry.Topic,
            Bytes = Signed,
        },
        Payer = Payer,
        Fingerprint = Fingerprint,
        FeePicodollars = FeePicodollars,
        CountsUsage = CountsUsage,
        CountsCongestion = CountsCongestion,
    };
}
