using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Storage.Tests.Contract;

public abstract class AppendContract(StoreHarness harness) : StoreContract(harness)
{
    private static readonly OriginatorId Node = new(100);

    [Fact]
    public async Task TakeLease_FirstTime_CreatesAnEmptyLog()
    {
        var lease = await Store.TakeLeaseAsync(Node, Cancellation);

        Assert.Equal((Node, default, 0L), (lease.Originator, lease.Last, lease.LastNs));
        Assert.Equal(16, lease.FingerprintKey.Length);
        Assert.NotEqual(new byte[16], lease.FingerprintKey);
        Assert.Equal(Cursor.Empty, await Store.ReadMarksAsync(Cancellation));
    }

    [Fact]
    public async Task TakeLease_InParallel_EveryEpochIsNew()
    {
        var leases = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Store.TakeLeaseAsync(Node, Cancellation)));

        Assert.Equal(20, leases.Select(lease => lease.Epoch).Distinct().Count());
    }

    [Fact]
    public async Task TakeLease_NewLogs_EachOwnsASlotForEver()
    {
        var originators = Enumerable.Range(1, 20).Select(number => new OriginatorId((uint)number * 100)).ToList();
        await Task.WhenAll(originators.Select(originator => Store.TakeLeaseAsync(originator, Cancellation)));
        var slots = await Store.ReadQueueSlotsAsync(Cancellation);

        Assert.Equal(originators, slots.Keys.Order());
        Assert.Equal(Enumerable.Range(0, 20), slots.Values.Order());

        await ReopenAsync();
        foreach (var originator in originators.Append(new OriginatorId(0))) await Store.TakeLeaseAsync(originator, Cancellation);

        Assert.Equivalent(slots.Append(KeyValuePair.Create(new OriginatorId(0), 20)), await Store.ReadQueueSlotsAsync(Cancellation), strict: true);
    }

    [Fact]
    public async Task TakeLease_NoSlotLeft_RefusesTheNewLogAndKeepsTheOthers()
    {
        for (var number = 1; number <= QueueSlots.Count; number++) await Store.TakeLeaseAsync(new OriginatorId((uint)number * 100), Cancellation);

        var refusal = await Assert.ThrowsAsync<StoreException>(() => Store.TakeLeaseAsync(new OriginatorId(7_000), Cancellation));

        Assert.Equal("The log of originator 7000 is refused: this node keeps 64 logs already, one for each queue of its live feed.", refusal.Message);
        Assert.False(refusal.IsTransient);
        Assert.Equal(QueueSlots.Count, (await Store.ReadQueueSlotsAsync(Cancellation)).Count);
        var known = await LogWriter.TakeAsync(Store, 100);
        Assert.Equal(2, known.Lease.Epoch);
        Assert.Equal(AppendOutcome.Committed, await known.AppendTopicsAsync(Group(1)));
    }

    [Fact]
    public async Task TakeLease_AfterReopen_ContinuesTheLog()
    {
        var log = await LogWriter.TakeAsync(Store, 100);
        await log.AppendTopicsAsync(Group(1), Group(2));

        await ReopenAsync();
        var lease = await Store.TakeLeaseAsync(Node, Cancellation);

        Assert.Equal((log.Last, log.LastNs), (lease.Last, lease.LastNs));
        Assert.True(lease.Epoch > log.Lease.Epoch);
        Assert.Equal(log.Lease.FingerprintKey, lease.FingerprintKey);
        Assert.Equal(Cursor.Of(Node, log.Last), await Store.ReadMarksAsync(Cancellation));
    }

    [Fact]
    public async Task Append_EveryColumn_ComesBackAsWritten()
    {
        var log = await LogWriter.TakeAsync(Store, 100);
        var bytes = new byte[70_000];
        new Random(1).NextBytes(bytes);
        await log.AppendAsync(
            log.Row(Group(1), bytes: bytes, expirySeconds: 1_900_000_000),
            log.Row(KeyPackage(1), 2, bytes: [], servable: false, expirySeconds: -6_276_242_815),
            log.Row(Topic.Of(TopicKind.WelcomeMessages, new byte[127]), 3, originatorNs: long.MaxValue - 1, arrivalUs: long.MaxValue));

        Assert.Equivalent(log.Entries, await LogAsync(Node), strict: true);
    }

    [Fact]
    public async Task Append_StaleEpoch_IsFencedAndStoresNothing()
    {
        var old = await LogWriter.TakeAsync(Store, 100);
        var current = await LogWriter.TakeAsync(Store, 100);

        Assert.Equal(AppendOutcome.Fenced, await old.AppendTopicsAsync(Group(1)));
        Assert.Empty(await LogAsync(Node));
        Assert.Equal(AppendOutcome.Committed, await current.AppendTopicsAsync(Group(1)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Append_WrongPrevious_IsFencedAndStoresNothing(int previous)
    {
        var log = await LogWriter.TakeAsync(Store, 100);
        await log.AppendTopicsAsync(Group(1), Group(1));

        var append = log.Commit(log.Row(Group(1), 5)) with { Previous = new SequenceId((ulong)previous) };

        Assert.Equal(AppendOutcome.Fenced, await Store.AppendAsync(append));
        Assert.Equal([1UL, 2], Positions(await LogAsync(Node)));
    }

    [Fact]
    public async Task Append_LogWithoutLease_IsFenced()
    {
        var log = await LogWriter.TakeAsync(Store, 100);
        var append = log.Commit([]) with { Lease = log.Lease with { Originator = new OriginatorId(200) } };

        Assert.Equal(AppendOutcome.Fenced, await Store.AppendAsync(append));
    }

    [Fact]
    public async Task Append_RacingLease_IsCommittedBeforeItOrFenced()
    {
        for (var round = 0; round < 30; round++)
        {
            var log = await LogWriter.TakeAsync(Store, 100);
            var before = log.Last;
            var append = log.AppendTopicsAsync(Group(1), Group(2));
            var lease = await Store.TakeLeaseAsync(Node, Cancellation);

            Assert.Equal(await append == AppendOutcome.Committed ? before.Value + 2 : before.Value, lease.Last.Value);
        }
    }

    [Fact]
    public async Task Append_ConstraintFailsInTheMiddle_LeavesNothing()
    {
        var log = await LogWriter.TakeAsync(Store, 100);
        await log.AppendTopicsAsync(Group(1));
        var broken = log.Commit(log.Row(Group(1), payer: Accounts.Payer(1), fee: 5, countsUsage: true, countsCongestion: true)) with
        {
            Last = new SequenceId(3),
            Rejected = [new RejectedEntry(new SequenceId(3), null!, [])],
        };

        await Assert.ThrowsAsync<StoreException>(() => Store.AppendAsync(broken));

        Assert.Equal([1UL], Positions(await LogAsync(Node)));
        Assert.Null(await Store.ReadUsageAsync(Accounts.Payer(1), 60, Cancellation));
        Assert.Equal(Cursor.Of(Node, new SequenceId(1)), await Store.ReadMarksAsync(Cancellation));
        Assert.Equal(AppendOutcome.Committed, await log.AppendTopicsAsync(Group(1)));
    }

    [Fact]
    public async Task Append_OneOfManyFails_OnlyThatOneIsUndone()
    {
        var logs = new List<LogWriter>();
        for (var node = 1U; node <= 20; node++)
        {
            logs.Add(await LogWriter.TakeAsync(Store, node * 100));
        }

        var appends = logs.Select((log, index) => Store.AppendAsync(log.Commit(log.Row(Group(1))) with
        {
            Last = new SequenceId(2),
            Rejected = [new RejectedEntry(new SequenceId(2), index == 7 ? null! : "unreadable", [1])],
        })).ToArray();

        for (var index = 0; index < appends.Length; index++)
        {
            if (index == 7) await Assert.ThrowsAsync<StoreException>(() => appends[index]);
            else Assert.Equal(AppendOutcome.Committed, await appends[index]);
            Assert.Equal(index == 7 ? 0 : 1, (await LogAsync(logs[index].Lease.Originator)).Count);
        }
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(1, 1)]
    [InlineData(0, 1)]
    public async Task Append_PositionsDoNotAscend_IsRefusedWhole(int first, int second)
    {
        var log = await LogWriter.TakeAsync(Store, 100);

        await Assert.ThrowsAsync<StoreException>(() => log.AppendAsync(log.Row(Group(1), first), log.Row(Group(1), second)));
        Assert.Empty(await LogAsync(Node));
    }

    [Fact]
    public async Task Append_OnlyRejected_MovesTheMarkAndServesNothing()
    {
        var log = await LogWriter.TakeAsync(Store, 1);
        await log.AppendAsync(log.Commit([]) with
        {
            Last = new SequenceId(4),
            LastNs = 77,
            Rejected = [new RejectedEntry(new SequenceId(2), "not a client envelope", [1, 2]), new RejectedEntry(new SequenceId(4),
                "large", new byte[200_000])],
        });

        var lease = await Store.TakeLeaseAsync(new OriginatorId(1), Cancellation);
        Assert.Equal((new SequenceId(4), 77L), (lease.Last, lease.LastNs));
        Assert.Empty(await LogAsync(new OriginatorId(1)));
        Assert.Equal(4UL, (await Store.ReadMarksAsync(Cancellation))[new OriginatorId(1)].Value);
    }

    [Fact]
    public async Task ReadMarks_WhileAppending_NeverBeforeTheRows()
    {
        var log = await LogWriter.TakeAsync(Store, 100);
        var appending = Task.Run(async () =>
        {
            for (var commit = 0; commit < 100; commit++)
            {
                await log.AppendTopicsAsync(Group(commit), Group(1), Group(2));
            }
        }, Cancellation);

        while (!appending.IsCompleted)
        {
            var mark = (await Store.ReadMarksAsync(Cancellation))[Node].Value;
            var seen = Positions(await LogAsync(Node)).ToArray();
            Assert.True((ulong)seen.Length >= mark, $"mark {mark}, rows {seen.Length}");
            Assert.Equal(Enumerable.Range(1, seen.Length).Select(position => (ulong)position), seen); // ascending, no hole (I1)
        }

        await appending;
    }

    [Fact]
    public async Task Append_Answered_IsInTheNextMarksAndReads()
    {
        var log = await LogWriter.TakeAsync(Store, 100);
        for (var commit = 1; commit <= 50; commit++)
        {
            await log.AppendTopicsAsync(Group(commit));

            Assert.Equal(log.Last, (await Store.ReadMarksAsync(Cancellation))[Node]);
            Assert.NotNull(await Store.ReadEntryAsync(Node, log.Last, Cancellation));
        }
    }

    [Fact]
    public async Task Seed_ManyRows_AreReadableAndCounted()
    {
        var log = await LogWriter.TakeAsync(Store, 100);
        var rows = Enumerable.Range(1, 1_000).Select(offset => log.Row(Group(offset % 7), offset, payer: Accounts.Payer(1), fee: 3,
            countsUsage: true));

        Assert.Equal(1_000, await Seeder.SeedAsync(Node, rows, progress: null, Cancellation));

        Assert.Equal(1_000UL, (await Store.ReadMarksAsync(Cancellation))[Node].Value);
        Assert.Equal(1_000, (await LogAsync(Node)).Count);
        Assert.Equal(3_000, (await Store.ReadUsageAsync(Accounts.Payer(1), 60, Cancellation))!.Sum(period => period.SpendPicodollars));
        var lease = await Store.TakeLeaseAsync(Node, Cancellation);
        Assert.Equal(1_000UL, lease.Last.Value);
    }

    [Fact]
    public async Task Probe_OpenStore_Completes() => await Store.ProbeAsync(Cancellation);
}
