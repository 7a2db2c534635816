using System.Diagnostics.CodeAnalysis;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Protocol.Envelopes;

/// <summary>An originator envelope as it travels: the exact bytes beside the fields read out of them. Its proof is not checked here.</summary>
/// <remarks>Hash, verify, store and forward <see cref="Bytes"/> only. Encoding the fields again may give other bytes.</remarks>
public sealed record SealedEnvelope
{
    /// <summary>The whole originator envelope.</summary>
    public required ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>The part that the originator signs.</summary>
    public required ReadOnlyMemory<byte> UnsignedBytes { get; init; }

    /// <summary>Whose log it stands in.</summary>
    public required OriginatorId Originator { get; init; }

    /// <summary>Its position there.</summary>
    public required SequenceId Sequence { get; init; }

    /// <summary>When its originator accepted it, nanoseconds since the Unix epoch.</summary>
    public required long OriginatorNs { get; init; }

    /// <summary>Base fee in picodollars.</summary>
    public required ulong BaseFee { get; init; }

    /// <summary>Congestion fee in picodollars.</summary>
    public required ulong CongestionFee { get; init; }

    /// <summary>Unix second after which it may be pruned; zero is never.</summary>
    public required ulong ExpiryUnixTime { get; init; }

    /// <summary>The payer envelope inside.</summary>
    public required ParsedPayerEnvelope Payer { get; init; }

    /// <summary>The originator's signature, unchecked; empty when another proof or none is given.</summary>
    public required ReadOnlyMemory<byte> OriginatorSignature { get; init; }

    /// <summary>Hash of the chain transaction that carried it; empty when it is signed by a node.</summary>
    public required ReadOnlyMemory<byte> TransactionHash { get; init; }

    /// <summary>Topic of the client envelope inside.</summary>
    public Topic Topic => Payer.Client.Topic;

    /// <summary>Whose key signed it as its originator; <see langword="false"/> when there is no such signature or it is none.</summary>
    public bool TryRecoverSigner(out EthereumAddress signer)
    {
        Span<byte> hash = stackalloc byte[Secp256k1.HashSize];
        SigningHashes.Originator(UnsignedBytes.Span, hash);
        return Secp256k1.TryRecover(hash, OriginatorSignature.Span, out signer);
    }

    /// <summary>Reads all layers of an originator envelope; on refusal says which layer is wrong.</summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out SealedEnvelope? envelope, [NotNullWhen(false)] out string? refusal)
    {
        envelope = null;
        refusal = "originator envelope is not a valid message";
        if (!WireMessage.TryParse<OriginatorEnvelope>(bytes.Span, out var outer)) return false;
        if (!WireMessage.TryParse<UnsignedOriginatorEnvelope>(outer.UnsignedOriginatorEnvelope.Span, out var unsigned)) return false;

        if (unsigned.OriginatorNodeId > OriginatorId.MaxValue || unsigned.OriginatorSequenceId is 0 or > SequenceId.MaxValue)
        {
            refusal = "originator id or sequence id is out of range";
            return false;
        }

        if (!ParsedPayerEnvelope.TryParse(unsigned.PayerEnvelopeBytes.Memory, out var payer, out refusal)) return false;
        envelope = new SealedEnvelope
        {
            Bytes = bytes,
            UnsignedBytes = outer.UnsignedOriginatorEnvelope.Memory,
            Originator = new OriginatorId(unsigned.OriginatorNodeId),
            Sequence = new SequenceId(unsigned.OriginatorSequenceId),
            OriginatorNs = unsigned.OriginatorNs,
            BaseFee = unsigned.BaseFeePicodollars,
            CongestionFee = unsigned.CongestionFeePicodollars,
            ExpiryUnixTime = unsigned.ExpiryUnixtime,
            Payer = payer,
            OriginatorSignature = outer.OriginatorSignature?.Bytes.Memory ?? default,
            TransactionHash = outer.BlockchainProof?.TransactionHash.Memory ?? default,
        };
        return true;
    }
}
