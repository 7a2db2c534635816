using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Grains.Originators;

/// <summary>One publish call of one payer, checked and with its signatures recovered.</summary>
[GenerateSerializer, Immutable, Alias("xmtp.publish-request")]
public sealed class PublishRequest
{
    /// <summary>Who signed every envelope of the request, and pays.</summary>
    [Id(0)] public required EthereumAddress Payer { get; init; }

    /// <summary>The envelopes, in the order they get their positions.</summary>
    [Id(1)] public required PublishEntry[] Entries { get; init; }

    /// <summary>Total length of the payer envelopes in bytes.</summary>
    public int ByteCount => Entries.Sum(entry => entry.PayerEnvelope.Length);
}
