using System.Text.RegularExpressions;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Storage.Sqlite;
using XmtpOrleans.Storage.Tests.Contract;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Storage.Tests.Sqlite;

public sealed partial class SqliteDurabilityTests : IAsyncLifetime
{
    private readonly SqliteHarness _harness = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    [Fact]
    public async Task Kill_DuringLoad_EverythingAcknowledgedIsThere()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var acknowledged = AppendingChild.Logs.ToDictionary(log => new OriginatorId(log), _ => 0UL);
        for (var round = 0; round < 4; round++)
        {
            using (var child = AppendingChild.Start(_harness.Path, int.MaxValue))
            {
                for (var left = random.Next(1, 300); await child.ReadAsync() is { } position; left--)
                {
                    acknowledged[position.Originator] = position.Last.Value;
                    if (left == 1) child.Kill(); // what is still in the pipe was acknowledged, too
                }
            }

            var store = await _harness.OpenAsync();
            foreach (var (log, last) in acknowledged)
            {
                await CheckAsync(store.Envelopes, log, last, $"round {round}, seed {seed}");
            }

            await store.CloseAsync();
        }
    }

    [Fact]
    public async Task Append_EachGroup_IsFlushedBeforeItIsAcknowledged()
    {
        const string Tracer = "/usr/bin/strace";
        if (!File.Exists(Tracer)) Requirement.Missing("Counting flushes from outside needs strace.");
        var trace = _harness.Path + ".trace";
        using (var child = AppendingChild.Start(_harness.Path, 30, Tracer, "-f", "-e", "trace=fsync,fdatasync,write", "-o", trace))
        {
            while (await child.ReadAsync() is not null)
            {
            }
        }

        // In the order the kernel saw them: before each line that acknowledges, a flush that no earlier acknowledged commit of that log
        // used.
        var flushes = 0;
        var flushesAtLast = new Dictionary<string, int>();
        var acknowledged = 0;
        foreach (var call in await File.ReadAllLinesAsync(trace, TestContext.Current.CancellationToken))
        {
            if (call.Contains("sync(", StringComparison.Ordinal)) flushes++;
            if (AcknowledgingWrite().Match(call) is not { Success: true } match) continue;
            acknowledged++;
            var log = match.Groups["log"].Value;
            Assert.True(flushes > flushesAtLast.GetValueOrDefault(log), $"no flush before {call}");
            flushesAtLast[log] = flushes;
        }

        Assert.Equal(AppendingChild.Logs.Length * 30, acknowledged);
    }

    [Fact]
    public async Task Append_DiskFull_FailsTransientlyAndHeals()
    {
        var store = await _harness.OpenAsync();
        var log = await LogWriter.TakeAsync(store.Envelopes, 100);
        await log.AppendTopicsAsync(StoreContract.Group(1));
        await LimitPagesAsync(store, "max(1, page_count)");

        var failure = await Assert.ThrowsAsync<StoreException>(async () =>
        {
            while (true)
            {
                await log.AppendAsync(log.Row(StoreContract.Group(1), bytes: new byte[20_000]));
            }
        });

        Assert.True(failure.IsTransient);
        Assert.Equal($"{_harness.Path}: the disk is full; free some space.", failure.Message);
        var marks = await store.Envelopes.ReadMarksAsync(TestContext.Current.CancellationToken);
        Assert.Equal(log.Last, marks[new OriginatorId(100)]);
        Assert.NotNull(await store.Envelopes.ReadEntryAsync(new OriginatorId(100), log.Last, TestContext.Current.CancellationToken));

        await LimitPagesAsync(store, "1073741823");
        Assert.Equal(AppendOutcome.Committed, await log.AppendAsync(log.Row(StoreContract.Group(1), bytes: new byte[20_000])));
        await store.CloseAsync();
    }

    [Fact]
    public async Task Append_ManyWaiting_ShareOneFlush()
    {
        var store = await _harness.OpenAsync();
        var database = SqliteHarness.DatabaseOf(store);
        var logs = await Task.WhenAll(Enumerable.Range(1, 50).Select(log => LogWriter.TakeAsync(store.Envelopes, (uint)log * 100)));
        using var hold = new ManualResetEventSlim();
        var held = database.Writer.WriteAsync(_ =>
        {
            hold.Wait(TestContext.Current.CancellationToken);
            return 0;
        });
        var before = database.Writer.CommittedGroups;

        var appends = logs.Select(log => log.AppendTopicsAsync(StoreContract.Group(1))).ToArray();
        hold.Set();
        await held;
        Assert.All(await Task.WhenAll(appends), outcome => Assert.Equal(AppendOutcome.Committed, outcome));

        Assert.InRange(database.Writer.CommittedGroups - before, 1, 2); // the one that was held, and one for all that waited
        await store.CloseAsync();
    }

    [GeneratedRegex("write\\([0-9]+, \"(?<log>[0-9]+) [0-9]+\\\\n", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex AcknowledgingWrite();

    private static async Task CheckAsync(IEnvelopeStore store, OriginatorId log, ulong acknowledged, string round)
    {
        var page = await store.ReadLogAsync(
            log, default, new SequenceId(SequenceId.MaxValue), new PageLimit(int.MaxValue, int.MaxValue),
                TestContext.Current.CancellationToken);
        var entries = page.Entries;
        Assert.True((ulong)entries.Count >= acknowledged, $"{round}: {entries.Count} of {acknowledged} of log {log}");
        var ns = 0L;
        for (var index = 0; index < entries.Count; index++)
        {
            Assert.Equal((ulong)index + 1, entries[index].Sequence.Value);
            Assert.Equal(AppendingChild.BytesAt(log, entries[index].Sequence), entries[index].Bytes);
            Assert.True(entries[index].OriginatorNs > ns, round);
            ns = entries[index].OriginatorNs;
        }

        Assert.Equal((ulong)entries.Count, (await store.ReadMarksAsync(TestContext.Current.CancellationToken))[log].Value);
    }

    private static Task<int> LimitPagesAsync(TestStore store, string pages) => SqliteHarness.DatabaseOf(store).Writer.WriteAsync(session =>
    {
        var limit = session.Scalar($"SELECT {pages} FROM pragma_page_count");
        session.Scalar($"PRAGMA max_page_count = {limit}");
        return 0;
    });
}
