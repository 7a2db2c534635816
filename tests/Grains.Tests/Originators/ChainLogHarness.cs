using Microsoft.Extensions.Logging.Abstractions;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Originators;

/// <summary>A chain log over a chain and a store in memory.</summary>
internal sealed class ChainLogHarness
{
    private readonly ChainContract _contract;

    public ChainLogHarness(ChainContract contract, ChainLogOptions? options = null)
    {
        (_contract, Options) = (contract, options ?? new ChainLogOptions());
        Uptime = new SleepingClock(Clock);
        Store = new FakeEnvelopeStore(Clock);
        Chain = new FakeAppChain(Clock);
        (Log, Turns) = Activate();
    }

    public ChainLogOptions Options { get; }

    public ShiftedClock Clock { get; } = new(SequencerHarness.Start);

    public SleepingClock Uptime { get; }

    public FakeEnvelopeStore Store { get; }

    public FakeAppChain Chain { get; }

    public FakeInboxes Inboxes { get; } = new();

    public ChainLog Log { get; private set; }

    public Turns Turns { get; private set; }

    public OriginatorId Originator => new((uint)_contract);

    public IReadOnlyList<LogRow> Stored => Store.Rows(Originator);

    public IReadOnlyList<RejectedEntry> Rejected => Store.Rejected(Originator);

    public (ChainLog Log, Turns Turns) Activate() => (Log, Turns) = (
        new ChainLog(
            _contract, Store, Chain, Inboxes, new Admission(new AdmissionOptions()), Options, new ChainLogMetrics(new NoMeters()), Clock, Uptime, new Random(1), NullLogger.Instance),
        new Turns());

    public Task FollowAsync() => Turns.RunAsync(() =>
    {
        Log.Follow();
        return Task.CompletedTask;
    });

    public Task<FeedReply> ReadAsync(SequenceId after, TimeSpan wait) => Turns.RunAsync(() => Log.ReadAsync(after, int.MaxValue, wait));

    /// <summary>Follows until the log's mark is there.</summary>
    public async Task ReachAsync(ulong sequence)
    {
        await FollowAsync();
        await Eventually.TrueAsync(() => Log.Head.Value >= sequence, $"the log reaches {sequence}");
    }
}
