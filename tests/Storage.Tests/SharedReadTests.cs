namespace XmtpOrleans.Storage.Tests;

public sealed class SharedReadTests
{
    private readonly List<TaskCompletionSource<int>> _reads = [];

    [Fact]
    public async Task Read_NothingInFlight_Reads()
    {
        var shared = NewRead();

        var answer = shared.ReadAsync();
        _reads[0].SetResult(1);

        Assert.Equal(1, await answer);
    }

    [Fact]
    public async Task Read_WhileOneRuns_WaitsForTheNextOne()
    {
        var shared = NewRead();
        var first = shared.ReadAsync();
        var late = new[] { shared.ReadAsync(), shared.ReadAsync() };

        _reads[0].SetResult(1);
        Assert.Equal(1, await first);
        Assert.All(late, waiting => Assert.False(waiting.IsCompleted));
        Assert.Equal(2, _reads.Count);
        _reads[1].SetResult(2);

        Assert.All(await Task.WhenAll(late), answer => Assert.Equal(2, answer));
    }

    [Fact]
    public async Task Read_OneIsAboutToBegin_SharesIt()
    {
        var ready = new Queue<IThreadPoolWorkItem>();
        var count = 0;
        var shared = new SharedRead<int>(() => Task.FromResult(++count), ready.Enqueue);
        var readers = new List<Task<int>> { shared.ReadAsync(), shared.ReadAsync() };
        ready.Dequeue().Execute();
        Assert.Empty(ready);
        Assert.All(await Task.WhenAll(readers), answer => Assert.Equal(1, answer));

        var next = shared.ReadAsync();
        Assert.False(next.IsCompleted);
        ready.Dequeue().Execute();
        Assert.Equal(2, await next);
    }

    [Fact]
    public async Task Read_Fails_OnlyThoseWhoWaitedForItFail()
    {
        var shared = NewRead();
        var first = shared.ReadAsync();
        var second = shared.ReadAsync();

        _reads[0].SetException(new InvalidDataException());
        await Assert.ThrowsAsync<InvalidDataException>(() => first);
        _reads[1].SetResult(2);

        Assert.Equal(2, await second);
        var third = shared.ReadAsync();
        _reads[2].SetResult(3);
        Assert.Equal(3, await third);
    }

    [Fact]
    public async Task Read_ManyInParallel_NeverTwoInFlightAndNeverOlderThanTheCall()
    {
        var (inFlight, most, version) = (0, 0, 0);
        var shared = new SharedRead<int>(async () =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inFlight));
            var seen = Volatile.Read(ref version);
            await Task.Yield();
            Interlocked.Decrement(ref inFlight);
            return seen;
        });

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var read = 0; read < 500; read++)
            {
                var before = Interlocked.Increment(ref version);
                Assert.True(await shared.ReadAsync() >= before);
            }
        })));

        Assert.Equal(1, most);
    }

    // The second read of a chain starts when the first one ends, on the thread that ends it, since the sources complete synchronously.
    private SharedRead<int> NewRead() => new(() =>
    {
        var read = new TaskCompletionSource<int>();
        _reads.Add(read);
        return read.Task;
    }, static work => work.Execute());
}
