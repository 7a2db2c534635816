using Orleans.TestingHost;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Hosting;

/// <summary>Publishes without a pause through the fronts of some silos, each publish a new one; every one must be accepted.</summary>
internal sealed class PublishStream : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly Task _running;
    private int _accepted;

    public PublishStream(GrainCluster cluster, IEnumerable<InProcessSiloHandle> fronts) =>
        _running = Task.WhenAll(fronts.Select(front => RunAsync(cluster.Publisher(front), front.Name)).ToArray());

    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Waits for so many more.</summary>
    public Task AcceptedAsync(int more)
    {
        var target = Accepted + more;
        return Eventually.TrueAsync(() => _running.IsCompleted || Accepted >= target, $"{target} publishes are accepted");
    }

    /// <summary>Ends; fails when a publish was not accepted.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAny(_running);
        _stop.Dispose();
    }

    private async Task RunAsync(IPublisher publisher, string front)
    {
        for (var number = 0; !_stop.IsCancellationRequested; number++)
        {
            var outcome = await publisher.PublishAsync(TestPublishes.Request($"{front}/{number}"), CancellationToken.None);
            if (!outcome.IsAccepted) Assert.Fail($"Publish {number} of front {front}: {outcome.Status}.");
            Interlocked.Increment(ref _accepted);
        }
    }
}
