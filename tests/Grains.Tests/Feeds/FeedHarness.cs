using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Tests.Originators;

namespace XmtpOrleans.Grains.Tests.Feeds;

/// <summary>A hub over a <see cref="FeedModel"/> on a clock that only moves when told. Use inside <see cref="Pump.Run"/>.</summary>
internal sealed class FeedHarness : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public FeedHarness(FeedOptions? options = null, Action<FeedModel>? prepare = null, params IFeedTap[] taps)
    {
        Model = new FeedModel(Clock);
        prepare?.Invoke(Model);
        Hub = new FeedHub(
            Model, Model.Store, taps, Options.Create(options ?? new FeedOptions()), new FeedMetrics(new NoMeters()), Clock,
            Logger.For<FeedHub>(), work => work.Execute());
        _running = Hub.RunAsync(_stop.Token);
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public EventLog Logger { get; } = new();

    public FeedModel Model { get; }

    public FeedHub Hub { get; }

    /// <summary>Lets everything that is ready run, without time passing.</summary>
    public static async Task SettleAsync()
    {
        for (var turn = 0; turn < 200; turn++)
        {
            await Task.Yield();
        }
    }

    /// <summary>Lets time pass in small steps, running what becomes ready.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        for (var step = TimeSpan.FromMilliseconds(100); time > TimeSpan.Zero; time -= step)
        {
            await SettleAsync();
            Clock.Advance(step < time ? step : time);
        }

        await SettleAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        Model.WakeReaders();
        await PassAsync(TimeSpan.FromSeconds(2));
        await _running;
        _stop.Dispose();
    }
}
