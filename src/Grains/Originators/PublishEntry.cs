using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Originators;

/// <summary>One payer envelope to be ordered.</summary>
[GenerateSerializer, Immutable, Alias("xmtp.publish-entry")]
public sealed class PublishEntry
{
    /// <summary>The payer envelope exactly as it arrived; it is what gets embedded, signed over and charged for.</summary>
    [Id(0)] public required byte[] PayerEnvelope { get; init; }

    /// <summary>Where the client envelope's bytes start in <see cref="PayerEnvelope"/>.</summary>
    [Id(1)] public required int ClientStart { get; init; }

    /// <summary>How many bytes the client envelope has.</summary>
    [Id(2)] public required int ClientLength { get; init; }

    /// <summary>Topic of the client envelope.</summary>
    [Id(3)] public required Topic Topic { get; init; }

    /// <summary>Days the payer pays for; 4294967295 is for ever.</summary>
    [Id(4)] public required uint RetentionDays { get; init; }

    /// <summary>The client envelope's bytes: with the payer they identify the publish.</summary>
    public ReadOnlyMemory<byte> ClientEnvelope => PayerEnvelope.AsMemory(ClientStart, ClientLength);
}
