using Microsoft.Extensions.Time.Testing;
using Orleans;
using XmtpOrleans.Silo.Cluster;

namespace XmtpOrleans.Silo.Tests.Cluster;

public sealed class SiloWaitTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly List<string> _told = [];

    [Fact]
    public async Task Connect_NoSiloFor12Seconds_TellsNowAndThenAndWhenThereIsOne()
    {
        var wait = new SiloWait(_clock, _told.Add);

        for (var attempt = 0; attempt < 12; attempt++)
        {
            var retry = wait.ShouldRetryConnectionAttempt(new TimeoutException(), CancellationToken.None);
            Assert.False(retry.IsCompleted);
            _clock.Advance(TimeSpan.FromSeconds(1));
            Assert.True(await retry);
        }

        await StartAsync(wait);

        Assert.Equal(
            [
                "waiting for a silo, 0 s: the database lists none that answers", "waiting for a silo, 5 s: the database lists none that answers",
                "waiting for a silo, 10 s: the database lists none that answers", "a silo is there after 12 s",
            ],
            _told);
    }

    [Fact]
    public async Task Connect_ASiloIsThere_SaysNothing()
    {
        await StartAsync(new SiloWait(_clock, _told.Add));

        Assert.Empty(_told);
    }

    [Fact]
    public async Task Connect_StoppedMeanwhile_WaitsNoLonger()
    {
        using var stop = new CancellationTokenSource();
        var retry = new SiloWait(_clock, _told.Add).ShouldRetryConnectionAttempt(new TimeoutException(), stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => retry);
    }

    private static async Task StartAsync(SiloWait wait)
    {
        var lifecycle = new Lifecycle();
        wait.Participate(lifecycle);
        await lifecycle.Observer!.OnStart(CancellationToken.None);
    }

    private sealed class Lifecycle : IClusterClientLifecycle
    {
        public ILifecycleObserver? Observer { get; private set; }

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            Observer = observer;
            return new CancellationTokenSource();
        }
    }
}
