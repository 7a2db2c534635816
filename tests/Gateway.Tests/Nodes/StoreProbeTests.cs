using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Gateway.Nodes;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Gateway.Tests.Rpc;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Gateway.Tests.Nodes;

public sealed class StoreProbeTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly ServingState _state = new();
    private readonly FakeEnvelopeStore _store;
    private readonly WatchedStore _watched;
    private readonly StoreProbe _probe;
    private int _probes;

    public StoreProbeTests()
    {
        _store = new FakeEnvelopeStore(_clock) { Before = CountAsync };
        _watched = new WatchedStore(_store, _clock);
        _probe = new StoreProbe(_watched, _state, _clock, NullLogger<StoreProbe>.Instance);
    }

    [Fact]
    public async Task Fails_ALeaseOfAnybody_HealthGoesWithoutTimePassing()
    {
        await StartAsync();

        _store.Before = _ => throw new StoreException("away", innerException: null, isTransient: true);
        await Assert.ThrowsAsync<StoreException>(() => TakeLeaseAsync());

        await Eventually.TrueAsync(() => _state.Fault is not null, "a fault is reported");
    }

    [Fact]
    public async Task Fails_ThenTakesAppendsAgain_HealsByItself()
    {
        await StartAsync();
        _store.Before = _ => throw new StoreException("away", innerException: null, isTransient: true);
        await Assert.ThrowsAsync<StoreException>(() => TakeLeaseAsync());
        await Eventually.TrueAsync(() => _state.Fault is not null, "a fault is reported");

        _store.Before = CountAsync;

        await AdvanceUntilAsync(() => _state.Fault is null, TimeSpan.FromMilliseconds(500));
    }

    [Fact]
    public async Task Fails_OneCallOfAHealthyStore_HealthStays()
    {
        await StartAsync();
        _store.Before = call => call == StoreCall.TakeLease ? throw new StoreException("once", innerException: null, isTransient: true) : CountAsync(call);

        await Assert.ThrowsAsync<StoreException>(() => TakeLeaseAsync());

        await Eventually.TrueAsync(() => Volatile.Read(ref _probes) == 2, "it is probed");
        Assert.Null(_state.Fault);
    }

    [Fact]
    public async Task Quiet_NothingIsCommitted_IsProbedEveryFewSeconds()
    {
        await StartAsync();

        await AdvanceUntilAsync(() => Volatile.Read(ref _probes) == 2, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Silent_ProbeNeverReturns_HealthGoesAndNoSecondOneIsSent()
    {
        var answer = new TaskCompletionSource();
        _store.Before = call => call == StoreCall.Probe ? Task.WhenAll(CountAsync(call), answer.Task) : Task.CompletedTask;
        await _probe.StartAsync(TestContext.Current.CancellationToken);

        await AdvanceUntilAsync(() => _state.Fault is not null, TimeSpan.FromSeconds(1));
        for (var second = 0; second < 20; second++) _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, Volatile.Read(ref _probes));

        answer.SetResult();
        await AdvanceUntilAsync(() => _state.Fault is null, TimeSpan.FromSeconds(1));
    }

    public async ValueTask DisposeAsync()
    {
        await _probe.StopAsync(CancellationToken.None);
        _probe.Dispose();
    }

    private Task<Lease> TakeLeaseAsync() => _watched.TakeLeaseAsync(new OriginatorId(100), TestContext.Current.CancellationToken);

    private async Task StartAsync()
    {
        await _probe.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => Volatile.Read(ref _probes) == 1, "it is probed at the start");
        await Eventually.TrueAsync(() => _state.Fault is null, "the first probe is written");
    }

    private Task CountAsync(StoreCall call)
    {
        if (call == StoreCall.Probe) Interlocked.Increment(ref _probes);
        return Task.CompletedTask;
    }

    // The loop may not have set its timer yet when the clock moves, so it moves again.
    private async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan step) => await Eventually.TrueAsync(
        () =>
        {
            if (condition()) return true;
            _clock.Advance(step);
            return false;
        },
        "the state that time brings");
}
