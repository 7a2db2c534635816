using System.Buffers.Binary;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>Makes the events of the chain of one machine: one event to a block, and hashes that follow from the rest, so that a store need
/// not keep them.</summary>
public static class LocalChainEvents
{
    /// <summary>The event of a block.</summary>
    public static ChainEvent Of(
        ChainContract contract, SequenceId sequence, byte[] identifier, byte[] payload, ulong block, long blockTimeNs)
    {
        var transactionHash = HashOf("local transaction|"u8, [(ulong)contract, sequence.Value, block], identifier, payload);
        return new ChainEvent
        {
            Contract = contract,
            Sequence = sequence,
            Identifier = identifier,
            Payload = payload,
            Block = block,
            BlockHash = HashOf("local block|"u8, [block, unchecked((ulong)blockTimeNs)], transactionHash, []),
            BlockTimeNs = blockTimeNs,
            LogIndex = 0,
            TransactionHash = transactionHash,
        };
    }

    // Under one label and contract only the last part varies in length, so no two events share what is hashed.
    private static byte[] HashOf(ReadOnlySpan<byte> label, ReadOnlySpan<ulong> numbers, ReadOnlySpan<byte> first, ReadOnlySpan<byte> last)
    {
        var keccak = default(Keccak256);
        keccak.Append(label);
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        foreach (var number in numbers)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
            keccak.Append(bytes);
        }

        keccak.Append(first);
        keccak.Append(last);
        var hash = new byte[Keccak256.Size];
        keccak.Finish(hash);
        return hash;
    }
}
