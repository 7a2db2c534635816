using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Hosting;

// Values of Protocol cross between silos in these forms, so that Protocol itself knows nothing of Orleans.

[GenerateSerializer, Immutable, Alias("xmtp.value.originator-id")]
internal struct OriginatorIdSurrogate
{
    [Id(0)] public uint Value;
}

[RegisterConverter]
internal sealed class OriginatorIdConverter : IConverter<OriginatorId, OriginatorIdSurrogate>
{
    public OriginatorId ConvertFromSurrogate(in OriginatorIdSurrogate surrogate) => new(surrogate.Value);

    public OriginatorIdSurrogate ConvertToSurrogate(in OriginatorId value) => new() { Value = value.Value };
}

[GenerateSerializer, Immutable, Alias("xmtp.value.sequence-id")]
internal struct SequenceIdSurrogate
{
    [Id(0)] public ulong Value;
}

[RegisterConverter]
internal sealed class SequenceIdConverter : IConverter<SequenceId, SequenceIdSurrogate>
{
    public SequenceId ConvertFromSurrogate(in SequenceIdSurrogate surrogate) => new(surrogate.Value);

    public SequenceIdSurrogate ConvertToSurrogate(in SequenceId value) => new() { Value = value.Value };
}

[GenerateSerializer, Immutable, Alias("xmtp.value.topic")]
internal struct TopicSurrogate
{
    [Id(0)] public byte[] Bytes;
}

[RegisterConverter]
internal sealed class TopicConverter : IConverter<Topic, TopicSurrogate>
{
    public Topic ConvertFromSurrogate(in TopicSurrogate surrogate) => TopicComparer.Instance.Create(surrogate.Bytes);

    public TopicSurrogate ConvertToSurrogate(in Topic value) => new() { Bytes = value.Bytes.ToArray() };
}

[GenerateSerializer, Immutable, Alias("xmtp.value.ethereum-address")]
internal struct EthereumAddressSurrogate
{
    [Id(0)] public byte[] Bytes;
}

[RegisterConverter]
internal sealed class EthereumAddressConverter : IConverter<EthereumAddress, EthereumAddressSurrogate>
{
    public EthereumAddress ConvertFromSurrogate(in EthereumAddressSurrogate surrogate) => EthereumAddress.FromBytes(surrogate.Bytes);

    public EthereumAddressSurrogate ConvertToSurrogate(in EthereumAddress value)
    {
        var bytes = new byte[EthereumAddress.Size];
        value.CopyTo(bytes);
        return new() { Bytes = bytes };
    }
}

[GenerateSerializer, Immutable, Alias("xmtp.value.inbox-id")]
internal struct InboxIdSurrogate
{
    [Id(0)] public byte[] Bytes;
}

[RegisterConverter]
internal sealed class InboxIdConverter : IConverter<InboxId, InboxIdSurrogate>
{
    public InboxId ConvertFromSurrogate(in InboxIdSurrogate surrogate) => InboxId.FromBytes(surrogate.Bytes);

    public InboxIdSurrogate ConvertToSurrogate(in InboxId value)
    {
        var bytes = new byte[InboxId.Size];
        value.CopyTo(bytes);
        return new() { Bytes = bytes };
    }
}

[GenerateSerializer, Immutable, Alias("xmtp.value.cursor")]
internal struct CursorSurrogate
{
    [Id(0)] public uint[] Originators;
    [Id(1)] public ulong[] Sequences;
}

[RegisterConverter]
internal sealed class CursorConverter : IConverter<Cursor, CursorSurrogate>
{
    public Cursor ConvertFromSurrogate(in CursorSurrogate surrogate)
    {
        var sequences = surrogate.Sequences;
        return Cursor.Of(surrogate.Originators.Select((originator, at) =>
            KeyValuePair.Create(new OriginatorId(originator), new SequenceId(sequences[at]))));
    }

    public CursorSurrogate ConvertToSurrogate(in Cursor value)
    {
        var entries = value.AsSpan();
        var surrogate = new CursorSurrogate { Originators = new uint[entries.Length], Sequences = new ulong[entries.Length] };
        for (var at = 0; at < entries.Length; at++)
        {
            (surrogate.Originators[at], surrogate.Sequences[at]) = (entries[at].Key.Value, entries[at].Value.Value);
        }

        return surrogate;
    }
}

// Shared on local calls: each of these values is immutable.
[RegisterCopier]
internal sealed class TopicCopier : Orleans.Serialization.Cloning.ShallowCopier<Topic>;

[RegisterCopier]
internal sealed class CursorCopier : Orleans.Serialization.Cloning.ShallowCopier<Cursor>;
