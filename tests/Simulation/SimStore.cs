using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Simulation;

/// <summary>The node's database: a process of its own, slow at random, broken at random.</summary>
internal sealed class SimStore
{
    private readonly World _world;
    private readonly SimClock _clock;
    private readonly Faults _faults;

    public SimStore(World world, Faults faults)
    {
        (_world, _faults, _clock) = (world, faults, new SimClock(world));
        Store = new FakeEnvelopeStore(_clock)
        {
            Scheduler = new SimTurns(world, "store"),
            Before = BeforeAsync,
            After = AfterAsync,
            IsUnfenced = faults.Unfenced,
            AnswersBeforeDurable = faults.AnswersBeforeDurable ? () => DelayAsync(500) : null,
        };
    }

    public FakeEnvelopeStore Store { get; }

    /// <summary>Called when a commit took effect.</summary>
    public Action Committed { get; set; } = static () => { };

    /// <summary>Whether every call fails at the moment.</summary>
    public bool IsAway { get; set; }

    /// <summary>Whether nothing goes wrong any more.</summary>
    public bool IsHealed { get; set; }

    private async Task BeforeAsync(StoreCall call)
    {
        await DelayAsync(call == StoreCall.Append ? 30 : 5);
        if (IsAway || (!IsHealed && _world.Chance(_faults.StoreFails))) throw new StoreException("the store is away", null, isTransient: true);
    }

    private async Task AfterAsync(StoreCall call)
    {
        if (call == StoreCall.Append) Committed();
        if (call == StoreCall.TakeLease && _faults.ForgetsFingerprints) _world.Random.NextBytes(Store.FingerprintKey);
        await DelayAsync(3);
        if (!IsHealed && _world.Chance(_faults.StoreAnswerLost)) throw new StoreException("the answer is lost", null, isTransient: true);
    }

    private Task DelayAsync(int mostMs) => Task.Delay(_world.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(mostMs)), _clock, CancellationToken.None);
}
