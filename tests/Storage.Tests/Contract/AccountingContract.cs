using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Storage.Tests.Contract;

public abstract class AccountingContract(StoreHarness harness) : StoreContract(harness)
{
    private const long MinuteNs = 60_000_000_000;
    private static readonly OriginatorId Node = new(100);
    private static readonly long FirstMinute = LogWriter.FirstNs / MinuteNs;

    [Fact]
    public async Task Usage_RandomCommits_IsTheSumOfTheFees()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var expected = new Dictionary<(int Payer, long Minute), (long Spend, long Messages)>();
        foreach (var node in new uint[] { 100, 200 })
        {
            var log = await LogWriter.TakeAsync(Store, node);
            for (var commit = 0; commit < 20; commit++)
            {
                var rows = Enumerable.Range(1, random.Next(1, 12)).Select(offset =>
                {
                    var (payer, fee) = (random.Next(4), random.NextInt64(1_000_000_000));
                    var ns = log.LastNs + (offset * (MinuteNs / 4));
                    var key = (payer, ns / MinuteNs);
                    var counts = random.Next(5) > 0;
                    if (counts)
                    {
                        var (spend, messages) = expected.GetValueOrDefault(key);
                        expected[key] = (spend + fee, messages + 1);
                    }

                    return log.Row(Group(1), offset, originatorNs: ns, payer: Accounts.Payer(payer), fee: fee, countsUsage: counts);
                }).ToArray();
                await log.AppendAsync(rows);
            }
        }

        for (var payer = 0; payer < 4; payer++)
        {
            foreach (var length in new[] { 60, 1_440 })
            {
                var periods = expected.Where(total => total.Key.Payer == payer).GroupBy(total => total.Key.Minute / length * length)
                    .OrderBy(period => period.Key)
                    .Select(period => new UsagePeriod(period.Key, period.Sum(total => total.Value.Spend), period.Sum(total
                        => total.Value.Messages)));
                Assert.True(
                    periods.SequenceEqual(await Store.ReadUsageAsync(Accounts.Payer(payer), length, Cancellation) ?? []),
                    $"payer {payer}, periods of {length} minutes, seed {seed}");
            }
        }
    }

    [Fact]
    public async Task Usage_UnknownPayer_IsNull() => Assert.Null(await Store.ReadUsageAsync(Accounts.Payer(9), 60, Cancellation));

    [Fact]
    public async Task Usage_FencedCommit_AddsNothing()
    {
        var old = await LogWriter.TakeAsync(Store, 100);
        await LogWriter.TakeAsync(Store, 100);

        await old.AppendAsync(old.Row(Group(1), payer: Accounts.Payer(1), fee: 1, countsUsage: true, countsCongestion: true));

        Assert.Null(await Store.ReadUsageAsync(Accounts.Payer(1), 60, Cancellation));
        Assert.Equal([0, 0, 0, 0, 0], await Store.ReadCongestionAsync(Node, FirstMinute, Cancellation));
    }

    [Fact]
    public async Task Congestion_LastFiveMinutes_NewestFirst()
    {
        var log = await LogWriter.TakeAsync(Store, 100);
        await AppendAtAsync(log, FirstMinute + 1);
        await AppendAtAsync(log, FirstMinute + 9);
        await AppendAtAsync(log, FirstMinute + 10);
        await AppendAtAsync(log, FirstMinute + 10);

        Assert.Equal([0, 2, 1, 0, 0], await Store.ReadCongestionAsync(Node, FirstMinute + 11, Cancellation));
        Assert.Equal([2, 1, 0, 0, 0], await Store.ReadCongestionAsync(Node, FirstMinute + 10, Cancellation));
        Assert.Equal([0, 0, 0, 0, 0], await Store.ReadCongestionAsync(new OriginatorId(200), FirstMinute + 10, Cancellation));
    }

    [Fact]
    public async Task Congestion_ManyInOneCommit_CountsThemByMinute()
    {
        var log = await LogWriter.TakeAsync(Store, 100);
        await log.AppendAsync(
            log.Row(Group(1), 1, originatorNs: FirstMinute * MinuteNs, countsCongestion: true),
            log.Row(Group(1), 2, originatorNs: ((FirstMinute + 1) * MinuteNs) - 1_000, countsCongestion: true),
            log.Row(Group(1), 3, originatorNs: (FirstMinute + 1) * MinuteNs, countsCongestion: true),
            log.Row(Group(1), 4, originatorNs: ((FirstMinute + 1) * MinuteNs) + 1_000, countsCongestion: false));

        Assert.Equal([1, 2, 0, 0, 0], await Store.ReadCongestionAsync(Node, FirstMinute + 1, Cancellation));
    }

    [Fact]
    public async Task Congestion_AnHourOld_IsDropped()
    {
        var log = await LogWriter.TakeAsync(Store, 100);
        await AppendAtAsync(log, FirstMinute);
        await AppendAtAsync(log, FirstMinute + 1);
        await AppendAtAsync(log, FirstMinute + 61);

        Assert.Equal([1, 0, 0, 0, 0], await Store.ReadCongestionAsync(Node, FirstMinute + 1, Cancellation));
    }

    [Fact]
    public async Task Fingerprints_NewestFirst_WithinTheWindow()
    {
        var log = await LogWriter.TakeAsync(Store, 100);
        await log.AppendAsync([.. Enumerable.Range(1, 10).Select(offset => log.Row(Group(1), offset, fingerprint: -offset))]);

        var window = await Store.ReadFingerprintsAsync(Node, log.Entries[3].OriginatorNs, new SequenceId(9), 100, Cancellation);
        var page = await Store.ReadFingerprintsAsync(Node, 0, new SequenceId(9), 2, Cancellation);

        Assert.Equal([-8L, -7, -6, -5, -4], window.Select(row => row.Fingerprint));
        Assert.Equal(new StoredFingerprint(-8, new SequenceId(8), log.Entries[7].OriginatorNs), window[0]);
        Assert.Equal([8UL, 7], page.Select(row => row.Sequence.Value));
        Assert.Empty(await Store.ReadFingerprintsAsync(new OriginatorId(200), 0, new SequenceId(9), 2, Cancellation));
    }

    [Fact]
    public async Task ChainCursor_MovesWithItsCommitOnly()
    {
        Assert.Null(await Store.ReadChainCursorAsync(new OriginatorId(0), Cancellation));
        var log = await LogWriter.TakeAsync(Store, 0);
        var first = new ChainCursor(7, Hash(7), new SequenceId(1));
        await log.AppendAsync(log.Commit(log.Row(Group(1))) with { Cursor = first });
        Assert.Equivalent(first, await Store.ReadChainCursorAsync(new OriginatorId(0), Cancellation));

        await log.AppendTopicsAsync(Group(1));
        Assert.Equivalent(first, await Store.ReadChainCursorAsync(new OriginatorId(0), Cancellation));

        var second = new ChainCursor(9, Hash(9), new SequenceId(5));
        await log.AppendAsync(log.Commit([]) with { Cursor = second });
        Assert.Equivalent(second, await Store.ReadChainCursorAsync(new OriginatorId(0), Cancellation));

        await LogWriter.TakeAsync(Store, 0);
        Assert.Equal(AppendOutcome.Fenced, await log.AppendAsync(log.Commit([]) with { Cursor = first }));
        Assert.Equivalent(second, await Store.ReadChainCursorAsync(new OriginatorId(0), Cancellation));
    }

    private static byte[] Hash(byte fill) => [.. Enumerable.Repeat(fill, 32)];

    private async Task AppendAtAsync(LogWriter log, long minute)
    {
        await log.AppendAsync(log.Row(Group(1), originatorNs: Math.Max(log.LastNs + 1_000, minute * MinuteNs), countsCongestion: true));
        await SettleAsync();
    }
}
