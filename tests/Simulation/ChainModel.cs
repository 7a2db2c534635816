using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Simulation;

/// <summary>What a chain log must hold: a function of the chain's events and nothing else, worked out here one by one.</summary>
internal sealed class ChainModel(ChainContract contract, FakeAppChain chain, FakeEnvelopeStore store)
{
    private readonly Admission _admission = new(new AdmissionOptions());
    private readonly List<byte[]?> _expected = []; // the envelope of each event; null for a rejected one
    private readonly Dictionary<Topic, AssociationState?> _inboxes = [];
    private long _lastNs;

    public OriginatorId Originator => new((uint)contract);

    /// <summary>An envelope was shown: it is the one of its event, and durable.</summary>
    public void Shown(LogEntry entry, string where)
    {
        Extend();
        var at = (int)entry.Sequence.Value - 1;
        LogModel.Require(at < _expected.Count && _expected[at] is not null, $"{where}: event {entry.Sequence} is none that is served");
        LogModel.Require(_expected[at].AsSpan().SequenceEqual(entry.Bytes), $"{where}: event {entry.Sequence} has other bytes than its event gives");
        LogModel.Require(
            store.Rows(Originator).Any(row => row.Entry.Sequence == entry.Sequence), $"{where}: event {entry.Sequence} is not durable");
    }

    /// <summary>The next event that must be served after a position; zero when there is none.</summary>
    public SequenceId NextServed(SequenceId position)
    {
        Extend();
        var at = _expected.FindIndex((int)position.Value, static envelope => envelope is not null);
        return new SequenceId((ulong)(at + 1));
    }

    /// <summary>Everything on the chain is in the log, once, and what must not be served is recorded as rejected.</summary>
    public void CheckLog()
    {
        Extend();
        var rows = store.Rows(Originator);
        LogModel.Require(rows.Count == _expected.Count(static envelope => envelope is not null), $"{rows.Count} envelopes of {contract} are stored");
        foreach (var row in rows) Shown(row.Entry, "log");
        var rejected = store.Rejected(Originator).Select(static entry => entry.Sequence.Value).ToList();
        var expected = Enumerable.Range(1, _expected.Count).Where(sequence => _expected[sequence - 1] is null).Select(static sequence => (ulong)sequence);
        LogModel.Require(rejected.SequenceEqual(expected), $"the rejected events of {contract} are {string.Join(',', rejected)}");
    }

    private void Extend()
    {
        foreach (var source in chain.Events(contract).Skip(_expected.Count))
        {
            _lastNs = Math.Max(source.BlockTimeNs + source.LogIndex, _lastNs + 1);
            _expected.Add(IsServed(source) ? EnvelopeOf(source, _lastNs) : null);
        }
    }

    private bool IsServed(ChainEvent source)
    {
        var kind = contract == ChainContract.GroupMessages ? TopicKind.GroupMessages : TopicKind.IdentityUpdates;
        var topic = Topic.Of(kind, source.Identifier);
        if (!ParsedClientEnvelope.TryParse(source.Payload, out var envelope, out _)) return false;
        if (!_admission.JudgeChainEvent(envelope, topic).IsAdmitted) return false;
        if (contract == ChainContract.GroupMessages) return true;
        var (update, _) = IdentityLogs.Verify(InboxId.FromBytes(source.Identifier), source.Payload);
        if (update is null || !update.TryApply(_inboxes.GetValueOrDefault(topic), [], out var next, out _)) return false;
        _inboxes[topic] = next;
        return true;
    }

    private byte[] EnvelopeOf(ChainEvent source, long originatorNs) => EnvelopeEncoder.Proven(
        EnvelopeEncoder.Unsigned(
            Originator, source.Sequence, originatorNs, EnvelopeEncoder.Payer(source.Payload, [], default, retentionDays: 0), 0, 0, 0),
        source.TransactionHash);
}
