using XmtpOrleans.EndToEnd.Tests.Clients;

namespace XmtpOrleans.EndToEnd.Tests.Hostile;

/// <summary>An ordinary client beside hostile ones: publishes, reads its own writes, and never gets an error.</summary>
internal sealed class Victim : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static long _messages;

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _life;
    private int _rounds;

    public Victim(Uri node) => _life = LiveAsync(node);

    /// <summary>How often it published and found what it had published.</summary>
    public int Rounds => Volatile.Read(ref _rounds);

    /// <summary>Waits until it did so often more; its first error is thrown.</summary>
    public async Task ServedAsync(int more)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        for (var target = Rounds + more; Rounds < target; await Task.Delay(Pause, limit.Token))
        {
            if (_life.IsCompleted) await _life;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _life;
        _stop.Dispose();
    }

    private async Task LiveAsync(Uri node)
    {
        using var client = new OperatorClient(node);
        var after = 0ul;
        while (!_stop.IsCancellationRequested)
        {
            var envelope = Requests.Signed(Requests.Message(1_000_000 + (ulong)Interlocked.Increment(ref _messages)), key: 3);
            var answer = Assert.Single(await client.PublishAsync(envelope));
            Assert.True(Protocol.Envelopes.SealedEnvelope.TryParse(answer, out var stored, out _));
            after = stored.Sequence.Value - 1;
            Assert.Equal(answer, Assert.Single(await client.QueryLogAsync(Requests.Node, after, limit: 1)));
            Interlocked.Increment(ref _rounds);
            await Task.Delay(Pause);
        }
    }
}
