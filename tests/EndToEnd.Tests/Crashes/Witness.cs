using System.Collections.Concurrent;
using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.EndToEnd.Tests.Crashes;

/// <summary>Remembers everything that clients were ever answered or sent, over all crashes, and compares it with what is stored in the end.</summary>
internal sealed class Witness
{
    private readonly ConcurrentDictionary<(OriginatorId Originator, SequenceId Sequence), byte[]> _shown = new();
    private readonly ConcurrentDictionary<(OriginatorId Originator, SequenceId Sequence), bool> _acknowledged = new();
    private readonly ConcurrentQueue<string> _faults = new();
    private long _answers;

    /// <summary>Requests that were answered.</summary>
    public long Answers => Volatile.Read(ref _answers);

    /// <summary>Envelopes that were acknowledged.</summary>
    public int Acknowledged => _acknowledged.Count;

    /// <summary>The greatest position of a log that anybody saw.</summary>
    public ulong LastShown(OriginatorId originator) =>
        _shown.Keys.Where(place => place.Originator == originator).Select(static place => place.Sequence.Value).DefaultIfEmpty().Max();

    /// <summary>What was wrong so far.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>Somebody saw an envelope: nobody may ever see other bytes at its place.</summary>
    public SealedEnvelope? Show(string where, byte[] bytes)
    {
        if (!SealedEnvelope.TryParse(bytes, out var envelope, out var refusal))
        {
            Fault($"{where}: {refusal}");
            return null;
        }

        var first = _shown.GetOrAdd((envelope.Originator, envelope.Sequence), bytes);
        if (!first.AsSpan().SequenceEqual(bytes)) Fault($"{where}: {envelope.Originator} {envelope.Sequence} was shown with two contents");
        return envelope;
    }

    /// <summary>A publish was answered: what was sent has to stand in the answers, and the answers in the log.</summary>
    public void Acknowledge(IReadOnlyList<byte[]> sentClientEnvelopes, IReadOnlyList<byte[]> answers)
    {
        if (answers.Count != sentClientEnvelopes.Count) Fault($"{answers.Count} answers to {sentClientEnvelopes.Count} envelopes");
        foreach (var (sent, answer) in sentClientEnvelopes.Zip(answers))
        {
            if (Show("answer", answer) is not { } envelope) continue;
            if (!envelope.Payer.Client.Bytes.Span.SequenceEqual(sent)) Fault($"{envelope.Originator} {envelope.Sequence} answers another publish");
            if (!_acknowledged.TryAdd((envelope.Originator, envelope.Sequence), value: true)) Fault($"{envelope.Originator} {envelope.Sequence} answers two publishes");
        }

        Interlocked.Increment(ref _answers);
    }

    /// <summary>Something is wrong whatever the log says.</summary>
    public void Fault(string text) => _faults.Enqueue(text);

    /// <summary>Compares everything seen of a log with what is stored in it; what is wrong is added to the faults. Returns the stored envelopes.</summary>
    public IReadOnlyList<SealedEnvelope> Compare(OriginatorId originator, IReadOnlyList<byte[]> stored)
    {
        var envelopes = new List<SealedEnvelope>(stored.Count);
        var publishes = new HashSet<(EthereumAddress, string)>();
        foreach (var bytes in stored)
        {
            if (Show("log", bytes) is not { } envelope) continue;
            if (envelopes.Count > 0 && envelope.Sequence != envelopes[^1].Sequence.Next()) Fault($"{originator} {envelope.Sequence} follows {envelopes[^1].Sequence}");
            if (envelopes.Count > 0 && envelope.OriginatorNs <= envelopes[^1].OriginatorNs) Fault($"{originator} {envelope.Sequence} is not later than the one before");
            if (!publishes.Add((PayerOf(envelope), Convert.ToHexString(envelope.Payer.Client.Bytes.Span)))) Fault($"{originator} {envelope.Sequence} is stored twice");
            envelopes.Add(envelope);
        }

        var positions = envelopes.Select(envelope => envelope.Sequence).ToHashSet();
        foreach (var (place, _) in _shown)
        {
            if (place.Originator == originator && !positions.Contains(place.Sequence))
            {
                Fault($"{originator} {place.Sequence} was {(_acknowledged.ContainsKey(place) ? "acknowledged" : "shown")} and is lost");
            }
        }

        return envelopes;
    }

    /// <summary>Each of them has to be signed by the node.</summary>
    public void CheckSigner(IReadOnlyList<SealedEnvelope> envelopes, EthereumAddress node)
    {
        Span<byte> hash = stackalloc byte[Secp256k1.HashSize];
        foreach (var envelope in envelopes)
        {
            SigningHashes.Originator(envelope.UnsignedBytes.Span, hash);
            if (!Secp256k1.TryRecover(hash, envelope.OriginatorSignature.Span, out var signer) || signer != node) Fault($"{envelope.Sequence} is not signed by the node");
        }
    }

    /// <summary>What payers are told that they used has to be what is stored of theirs, to the picodollar.</summary>
    public async Task CheckUsageAsync(OperatorClient client, IEnumerable<EthereumAddress> payers, IReadOnlyList<SealedEnvelope> envelopes)
    {
        var byPayer = envelopes.ToLookup(PayerOf);
        foreach (var payer in payers)
        {
            var paid = byPayer[payer].Aggregate(0ul, static (sum, envelope) => sum + envelope.BaseFee + envelope.CongestionFee);
            var (picodollars, messages) = await client.PayerUsageAsync(payer);
            if ((picodollars, messages) != (paid, (ulong)byPayer[payer].Count()))
            {
                Fault($"{payer} used {messages} messages for {picodollars}, stored are {byPayer[payer].Count()} for {paid}");
            }
        }
    }

    /// <summary>Who signed the payer envelope inside; the zero address on the chain, where nobody does.</summary>
    public static EthereumAddress PayerOf(SealedEnvelope envelope)
    {
        if (!envelope.Payer.HasPayerSignature) return default;
        Span<byte> hash = stackalloc byte[Secp256k1.HashSize];
        SigningHashes.Payer(envelope.Payer.Target, envelope.Payer.Client.Bytes.Span, hash);
        return Secp256k1.TryRecover(hash, envelope.Payer.PayerSignature.Span, out var payer) ? payer : default;
    }
}
