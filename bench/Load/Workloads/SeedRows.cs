using System.Security.Cryptography;
using System.Text;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Fees;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Load.Workloads;

/// <summary>Makes rows as the sequencer would have stored them, spread over the last thirty days; signed on all cores, handed out in order.</summary>
/// <param name="nodeKey">The key of the log's node.</param>
/// <param name="originator">The log.</param>
/// <param name="topics">Groups the rows are spread over.</param>
/// <param name="zipf">Exponent of the groups' share of the rows; zero is an even share.</param>
/// <param name="messageLength">Bytes of MLS message in a row.</param>
/// <param name="after">The log's mark.</param>
/// <param name="count">How many rows.</param>
/// <param name="rowsPerAddress">One row of so many brings an address; zero brings none.</param>
internal sealed class SeedRows(
    Secp256k1PrivateKey nodeKey, OriginatorId originator, int topics, double zipf, int messageLength, SequenceId after, long count, int rowsPerAddress)
{
    private const int Chunk = 4_096;
    private const long Period = 30L * 86_400 * 1_000_000_000;

    private readonly long _endNs = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100 / 1_000 * 1_000;
    private readonly GroupMessages _messages = new(LoadKey.Payer, originator, topics, messageLength, LoadKey.NewRun());
    private readonly Topic[] _topics = [.. Enumerable.Range(0, topics).Select(group => TopicComparer.Instance.Create(GroupMessages.Topic(group)))];
    private readonly ZipfPicks _picks = new(topics, zipf);

    /// <summary>The rows, ascending.</summary>
    public IEnumerable<LogRow> All()
    {
        for (long done = 0; done < count; done += Chunk)
        {
            var from = done;
            var rows = new LogRow[Math.Min(Chunk, count - done)];
            Parallel.For(0, rows.Length, index => rows[index] = Row(from + index));
            foreach (var row in rows)
            {
                yield return row;
            }
        }
    }

    private LogRow Row(long index)
    {
        var group = _picks.Draw(index);
        var payerEnvelope = _messages.PayerEnvelope(group, (ulong)index);
        var timeNs = _endNs - Period + (long)((Int128)Period * index / count / 1_000 * 1_000);
        var retention = new Retention(GroupMessages.RetentionDays);
        const long MessageFee = 100;
        const long StorageFee = 200;
        var fee = MessageFee + (StorageFee * payerEnvelope.Length * GroupMessages.RetentionDays);
        var sequence = new SequenceId(after.Value + (ulong)index + 1);
        var expiry = retention.ExpiryAfter(timeNs);
        var unsigned = EnvelopeEncoder.Unsigned(originator, sequence, timeNs, payerEnvelope, (ulong)fee, congestionFee: 0, expiry);
        Span<byte> hash = stackalloc byte[Secp256k1.HashSize];
        Span<byte> signature = stackalloc byte[Secp256k1.SignatureSize];
        SigningHashes.Originator(unsigned, hash);
        nodeKey.Sign(hash, signature);
        return new LogRow
        {
            Entry = new LogEntry
            {
                Originator = originator,
                Sequence = sequence,
                OriginatorNs = timeNs,
                ArrivalUs = timeNs / 1_000,
                ExpirySeconds = (long)expiry,
                Topic = _topics[group],
                AddressChanges = rowsPerAddress > 0 && index % rowsPerAddress == 0 ? [AddressOf(index / rowsPerAddress, sequence)] : [],
                Bytes = EnvelopeEncoder.Signed(unsigned, signature),
            },
            Payer = LoadKey.Payer.Address,
            Fingerprint = index, // older than the duplicate window: nobody will look it up
            FeePicodollars = fee,
            CountsUsage = true,
            CountsCongestion = true,
        };
    }

    private static AddressChange AddressOf(long number, SequenceId sequence) => new()
    {
        Address = Reads.Address(number),
        Inbox = InboxId.FromBytes(SHA256.HashData(Encoding.ASCII.GetBytes(Reads.Address(number)))),
        Sequence = sequence,
        Revoked = false,
    };
}
