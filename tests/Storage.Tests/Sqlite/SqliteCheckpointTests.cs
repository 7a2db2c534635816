using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Storage.Sqlite;
using XmtpOrleans.Storage.Tests.Contract;

namespace XmtpOrleans.Storage.Tests.Sqlite;

/// <summary>The write-ahead log is copied into the file beside the writer, and starts over again and again.</summary>
public sealed class SqliteCheckpointTests : IAsyncLifetime
{
    private const int PageBytes = 4_096;
    private const int RowsPerCommit = 10;
    private const int RowBytes = 60_000;
    private const long StartBytes = (long)SqliteCheckpointer.StartPages * PageBytes;

    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan WouldHaveBegun = TimeSpan.FromMilliseconds(250);

    private readonly SqliteHarness _harness = new();

    private long LogBytes => new FileInfo(_harness.Path + "-wal").Length;

    private long FileBytes => new FileInfo(_harness.Path).Length;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    [Fact]
    public async Task Append_ManyTimesTheLog_ItStartsOverAndEverythingIsInTheFile()
    {
        var store = await _harness.OpenAsync();
        var log = await LogWriter.TakeAsync(store.Envelopes, 100);

        await AppendAsync(log, 6 * StartBytes);

        Assert.InRange(LogBytes, StartBytes, 3 * StartBytes);
        Assert.InRange(FileBytes, 2 * StartBytes, long.MaxValue); // copied while it was open
        Assert.Equal(log.Last.Value, await CountAsync(store, log));
        await store.CloseAsync();
        Assert.False(File.Exists(_harness.Path + "-wal"));
        store = await _harness.OpenAsync();
        Assert.Equal(log.Last.Value, await CountAsync(store, log));
        await store.CloseAsync();
    }

    [Fact]
    public async Task Append_ReaderKeepsItsSnapshot_CommitsGoOnAndTheLogIsCutAfterwards()
    {
        var store = await _harness.OpenAsync();
        var log = await LogWriter.TakeAsync(store.Envelopes, 100);
        await AppendAsync(log, RowBytes);
        var first = log.Last.Value;
        using var hold = new ManualResetEventSlim();
        var isHeld = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reader = SqliteHarness.DatabaseOf(store).Readers.ReadAsync(
            session => session.Snapshot(_ =>
            {
                var before = session.Scalar("SELECT count(*) FROM envelope");
                isHeld.SetResult();
                hold.Wait(TestContext.Current.CancellationToken);
                return (before, session.Scalar("SELECT count(*) FROM envelope"));
            }),
            TestContext.Current.CancellationToken);
        await isHeld.Task;

        await AppendAsync(log, 5 * StartBytes);
        var heldLog = LogBytes;
        hold.Set();
        Assert.Equal(($"{first}", $"{first}"), await reader);
        // The next attempt comes when the log is half as long again.
        for (var more = 0; more < 30 && LogBytes >= heldLog; more++) await AppendAsync(log, StartBytes);

        Assert.InRange(heldLog, 5 * StartBytes, long.MaxValue); // nobody may lose what the reader still sees
        Assert.InRange(LogBytes, 0, heldLog - 1);
        Assert.Equal(log.Last.Value, await CountAsync(store, log));
        await store.CloseAsync();
    }

    [Fact]
    public async Task Readers_LogStartsOver_NewReadsWaitForItAndReadsInProgressEnd()
    {
        var store = await _harness.OpenAsync();
        var readers = SqliteHarness.DatabaseOf(store).Readers;
        using var hold = new ManualResetEventSlim();
        using var isHeld = new ManualResetEventSlim();
        var inProgress = readers.ReadAsync(_ => Hold(), TestContext.Current.CancellationToken);
        isHeld.Wait(TestContext.Current.CancellationToken);
        var hasEndedEarly = readers.WithoutNew(() =>
        {
            var isNew = readers.ReadAsync(static _ => 1, TestContext.Current.CancellationToken);
            hold.Set();
            return (inProgress.Wait(ReadLimit, TestContext.Current.CancellationToken), isNew.Wait(WouldHaveBegun, TestContext.Current.CancellationToken));
        });

        Assert.Equal((true, false), hasEndedEarly);
        Assert.Equal(2, await readers.ReadAsync(static _ => 2, TestContext.Current.CancellationToken));
        await store.CloseAsync();

        int Hold()
        {
            isHeld.Set();
            hold.Wait(TestContext.Current.CancellationToken);
            return 0;
        }
    }

    private static async Task AppendAsync(LogWriter log, long bytes)
    {
        for (var written = 0L; written < bytes; written += RowsPerCommit * RowBytes)
        {
            var outcome = await log.AppendAsync([.. Enumerable.Range(1, RowsPerCommit).Select(offset =>
                log.Row(StoreContract.Group(offset), offset, bytes: new byte[RowBytes]))]);
            Assert.Equal(AppendOutcome.Committed, outcome);
        }
    }

    private static async Task<ulong> CountAsync(TestStore store, LogWriter log)
    {
        var after = default(SequenceId);
        while (true)
        {
            var page = await store.Envelopes.ReadLogAsync(
                new OriginatorId(100), after, log.Last, new PageLimit(100, int.MaxValue), TestContext.Current.CancellationToken);
            if (page.Entries.Count == 0) return after.Value;
            Assert.Equal(after.Next(), page.Entries[0].Sequence);
            after = page.Entries[^1].Sequence;
        }
    }
}
