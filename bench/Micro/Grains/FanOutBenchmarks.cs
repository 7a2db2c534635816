using BenchmarkDotNet.Attributes;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Micro.Grains;

/// <summary>One commit of one envelope to a thousand streams whose readers wait for it: the time of one delivery, up to the reader's answer.</summary>
[MemoryDiagnoser]
public class FanOutBenchmarks
{
    private const int Streams = 1_000;
    private NodeUnderTest _node = null!;
    private readonly List<IFeedStream> _streams = [];
    private CancellationTokenSource _stop = null!;
    private Task[] _readers = [];
    private FeedHub _hub = null!;
    private volatile TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _node = await NodeUnderTest.StartAsync();
        _stop = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken.None);
        _hub = _node.Get<FeedHub>();
        await _hub.Started;
        _left = Streams;
        for (var at = 0; at < Streams; at++)
        {
            _streams.Add(_hub.FollowTopics([new TopicPosition(TestPublishes.Group(), Cursor.Empty)]));
        }

        _readers = [.. _streams.Select(ReadAsync)];
        await _done.Task;
    }

    [Benchmark(OperationsPerInvoke = Streams)]
    public async Task Deliver()
    {
        _left = Streams;
        _done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var last = _hub.Announced[TestPublishes.Node].Next();
        _hub.Apply(TestPublishes.Node, last, [new LogEntry
        {
            Originator = TestPublishes.Node,
            Sequence = last,
            OriginatorNs = 1,
            ArrivalUs = 1,
            ExpirySeconds = LogEntry.NeverExpires,
            Topic = TestPublishes.Group(),
            Bytes = new byte[600],
        }], replayed: false);
        await _done.Task;
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_readers);
        foreach (var stream in _streams) await stream.DisposeAsync();
        await _node.DisposeAsync();
        _stop.Dispose();
    }

    private async Task ReadAsync(IFeedStream stream)
    {
        try
        {
            while (true)
            {
                // The first answer says that the stream caught up.
                await stream.ReadAsync(Timeout.InfiniteTimeSpan, _stop.Token);
                if (Interlocked.Decrement(ref _left) == 0) _done.SetResult();
            }
        }
        catch (OperationCanceledException)
        {
            // The benchmark is over.
        }
    }
}
