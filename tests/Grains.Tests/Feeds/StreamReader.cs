using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Grains.Tests.Feeds;

/// <summary>A reader that notes what its stream hands out.</summary>
internal sealed class StreamReader(IFeedStream stream) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();

    public List<LogEntry> Entries { get; } = [];

    public List<FeedStreamKind> Kinds { get; } = [];

    public List<FeedEntries> Batches { get; } = [];

    /// <summary>The reading that goes on, if any.</summary>
    public Task Reading { get; set; } = Task.CompletedTask;

    public bool Ended => Kinds.Contains(FeedStreamKind.FeedLost);

    public IEnumerable<string> Positions => Entries.Select(entry => $"{entry.Originator}:{entry.Sequence}");

    /// <summary>Reads until stopped or ended.</summary>
    public async Task ReadAsync()
    {
        try
        {
            while (!Ended)
            {
                await ReadOnceAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    public async Task ReadOnceAsync() => await ReadOnceAsync(Timeout.InfiniteTimeSpan);

    public async Task ReadOnceAsync(TimeSpan idleAfter)
    {
        var batch = await stream.ReadAsync(idleAfter, _stop.Token);
        Kinds.Add(batch.Kind);
        if (batch.Kind == FeedStreamKind.Entries) Batches.Add(batch.Entries);
        Entries.AddRange(batch.Entries);
    }

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await Reading;
        await stream.DisposeAsync();
        _stop.Dispose();
    }
}
