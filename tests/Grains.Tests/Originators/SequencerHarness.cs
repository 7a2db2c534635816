using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Originators;

/// <summary>A sequencer over a store in memory, on a clock that the test moves.</summary>
internal sealed class SequencerHarness
{
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public SequencerHarness(SequencerOptions? options = null)
    {
        Options = options ?? new SequencerOptions();
        Clock = new ShiftedClock(Start);
        Uptime = new SleepingClock(Clock);
        Store = new FakeEnvelopeStore(Clock);
        Signer = new GatedSigner(new LocalSigner(TestKeys.Key(100)));
        Sequencer = Activate();
    }

    public SequencerOptions Options { get; }

    public ShiftedClock Clock { get; }

    public SleepingClock Uptime { get; }

    public FakeEnvelopeStore Store { get; }

    public GatedSigner Signer { get; }

    public EventLog Logger { get; } = new();

    public FixedRates Rates { get; } = new();

    public SequencerOnTurns Sequencer { get; private set; }

    public IReadOnlyList<LogRow> Stored => Store.Rows(TestPublishes.Node);

    /// <summary>Another activation over the same store; the one before lives on.</summary>
    public SequencerOnTurns Activate() => Sequencer = new SequencerOnTurns(new Sequencer(
        TestPublishes.Node, Store, Signer, Rates, Options, new SequencerMetrics(new NoMeters()), Clock, Uptime, new Random(1), Logger));

    /// <summary>Publishes one request and gives its outcome.</summary>
    public async Task<PublishOutcome> PublishAsync(PublishRequest request) => (await Sequencer.AppendAsync(request)).Outcomes[0];

    public Task<PublishOutcome> PublishAsync(params string[] texts) => PublishAsync(TestPublishes.Request(texts));

    public static SealedEnvelope Parse(byte[] envelope) =>
        SealedEnvelope.TryParse(envelope, out var parsed, out var refusal) ? parsed : throw new InvalidOperationException(refusal);
}
