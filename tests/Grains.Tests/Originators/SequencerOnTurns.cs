using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Originators;

/// <summary>A sequencer whose calls run on turns, as its grain's do.</summary>
internal sealed class SequencerOnTurns(Sequencer sequencer)
{
    private readonly Turns _turns = new();

    public Task Ended => sequencer.Ended;

    public SequenceId Head => sequencer.Head;

    public Task<AppendReply> AppendAsync(params PublishRequest[] requests) =>
        AppendAsync(TestPublishes.Batch(requests));

    public Task<AppendReply> AppendAsync(PublishBatch batch) => _turns.RunAsync(() => sequencer.AppendAsync(batch));

    public Task<FeedReply> ReadAsync(SequenceId after, int maxBytes, TimeSpan wait) => _turns.RunAsync(() => sequencer.ReadAsync(after, maxBytes, wait));

    public Task DrainAsync() => _turns.RunAsync(sequencer.DrainAsync);
}
