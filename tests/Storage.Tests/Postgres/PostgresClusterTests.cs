using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Storage.Postgres;
using XmtpOrleans.Storage.Tests.Contract;

namespace XmtpOrleans.Storage.Tests.Postgres;

/// <summary>Two processes on one database, as two stores.</summary>
public sealed class PostgresClusterTests : IAsyncLifetime
{
    private static readonly OriginatorId Node = new(100);
    private static readonly byte[] GroupId = new byte[16];

    private readonly PostgresHarness _harness = new();
    private TestStore _first = null!;
    private TestStore _second = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _first = await _harness.OpenAsync();
        _second = await _harness.OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_first is not null) await _first.CloseAsync();
        if (_second is not null) await _second.CloseAsync();
    }

    [Fact]
    public async Task Append_Answered_IsInTheMarksAndReadsOfTheOtherProcess()
    {
        var log = await LogWriter.TakeAsync(_first.Envelopes, 100);
        for (var commit = 0; commit < 30; commit++)
        {
            await log.AppendTopicsAsync(StoreContract.Group(commit));

            Assert.Equal(log.Last, (await _second.Envelopes.ReadMarksAsync(Cancellation))[Node]);
            Assert.NotNull(await _second.Envelopes.ReadEntryAsync(Node, log.Last, Cancellation));
        }
    }

    [Fact]
    public async Task Append_TwoOwnersTakeTurns_NoPositionTwiceAndNoneLost()
    {
        var committed = await Task.WhenAll(OwnAsync(_first.Envelopes), OwnAsync(_second.Envelopes));

        var entries = (await _first.Envelopes.ReadLogAsync(
            Node, default, new SequenceId(SequenceId.MaxValue), new PageLimit(int.MaxValue, int.MaxValue), Cancellation)).Entries;
        Assert.Equal(Enumerable.Range(1, committed.Sum()).Select(position => (ulong)position), entries.Select(entry
            => entry.Sequence.Value));

        static async Task<int> OwnAsync(IEnvelopeStore store)
        {
            var committed = 0;
            for (var turn = 0; turn < 10; turn++)
            {
                var log = await LogWriter.TakeAsync(store, 100);
                for (var commit = 0; commit < 5 && await log.AppendTopicsAsync(StoreContract.Group(1),
                    StoreContract.Group(2)) == AppendOutcome.Committed; commit++)
                {
                    committed += 2;
                }
            }

            return committed;
        }
    }

    [Fact]
    public async Task Append_SameCommitTwiceAtOnce_IsStoredOnce()
    {
        var log = await LogWriter.TakeAsync(_first.Envelopes, 100);
        for (var round = 0; round < 20; round++)
        {
            // Different positions after the same mark: only the mark can tell that one of them comes too late.
            var (one, other) = (log.Commit(log.Row(StoreContract.Group(1), 1)), log.Commit(log.Row(StoreContract.Group(1), 2)));
            var outcomes = await Task.WhenAll(_first.Envelopes.AppendAsync(one), _second.Envelopes.AppendAsync(other));

            Assert.Single(outcomes, AppendOutcome.Committed);
            log = await LogWriter.TakeAsync(_first.Envelopes, 100);
        }
    }

    [Fact]
    public async Task LocalChain_TwoProcessesAppend_OneNumbering()
    {
        var events = await Task.WhenAll(Enumerable.Range(0, 60).Select(payload =>
            (payload % 2 == 0 ? _first : _second).LocalChain.AppendAsync(
                ChainContract.GroupMessages, GroupId, BitConverter.GetBytes(payload / 4), nowNs: 1, sinceNs: long.MinValue, Cancellation)));

        Assert.Equal(Enumerable.Range(1, 15).Select(position => (ulong)position), events.Select(appended
            => appended.Sequence.Value).Distinct().Order());
        Assert.Equal(15, events.Select(appended => appended.Block).Distinct().Count());
    }

    [Fact]
    public async Task LocalChain_OtherProcessAppends_WakesTheWaiter()
    {
        var waiting = _second.LocalChain.WaitForAppendAsync(ChainContract.GroupMessages, default, TimeSpan.FromDays(1), Cancellation);

        await AppendEventAsync(_first, 1);

        await waiting.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
    }

    [Fact]
    public async Task LocalChain_NotificationNamesNoEvent_IsPassedOver()
    {
        var waiting = _second.LocalChain.WaitForAppendAsync(ChainContract.GroupMessages, default, TimeSpan.FromDays(1), Cancellation);

        await ScalarAsync<string>("SELECT CAST(pg_notify('xmtp_local_chain', current_schema() || ':0:many') AS text)");
        await ScalarAsync<string>("SELECT CAST(pg_notify('xmtp_local_chain', current_schema() || ':7:1') AS text)");
        await AppendEventAsync(_first, 1);

        await waiting.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
    }

    [Fact]
    public async Task LocalChain_ListenerLost_HearsAgain()
    {
        await ScalarAsync<long>($"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{_harness.ApplicationName} maintenance'");
        var waiting = _second.LocalChain.WaitForAppendAsync(ChainContract.GroupMessages, default, TimeSpan.FromDays(1), Cancellation);

        await AppendEventAsync(_first, 1);

        // The pause before it connects again is on the store's clock.
        while (await Task.WhenAny(waiting, Task.Delay(20, Cancellation)) != waiting)
        {
            _harness.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        await waiting;
    }

    [Fact]
    public async Task TakeLease_SessionHoldsTheRow_IsEnded()
    {
        await _first.Envelopes.TakeLeaseAsync(Node, Cancellation);
        await using var frozen = new NpgsqlConnection(_harness.ConnectionString);
        await frozen.OpenAsync(Cancellation);
        await using var transaction = await frozen.BeginTransactionAsync(Cancellation);
        await using (var hold = new NpgsqlCommand("SELECT * FROM originator FOR UPDATE", frozen))
        {
            await hold.ExecuteNonQueryAsync(Cancellation);
        }

        var taking = _second.Envelopes.TakeLeaseAsync(Node, Cancellation);
        while (await Task.WhenAny(taking, Task.Delay(20, Cancellation)) != taking)
        {
            _harness.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(2, (await taking).Epoch);
    }

    [Fact]
    public async Task Append_ManyCommits_LeaveNoVersionsOfTheLogsRow()
    {
        var log = await LogWriter.TakeAsync(_first.Envelopes, 100);
        var before = await ScalarAsync<string>("SELECT ctid::text FROM originator");
        for (var commit = 0; commit < 50; commit++)
        {
            await log.AppendTopicsAsync(StoreContract.Group(1));
        }

        Assert.Equal(before, await ScalarAsync<string>("SELECT ctid::text FROM originator"));
    }

    [Fact]
    public async Task Upkeep_MinuteIsOver_FoldsUsageAndDropsOldMarks()
    {
        var log = await LogWriter.TakeAsync(_first.Envelopes, 100);
        for (var commit = 0; commit < 20; commit++)
        {
            await log.AppendAsync(Charged(log, log.LastNs + 1_000));
            await _first.SettleAsync();
        }

        await log.AppendAsync(Charged(log, log.LastNs + 60_000_000_000));
        await _first.SettleAsync();

        Assert.Equal(2L, await ScalarAsync<long>("SELECT count(*) FROM unsettled_usage"));
        Assert.Equal(2L, await ScalarAsync<long>("SELECT count(*) FROM congestion"));
        Assert.Equal(1L, await ScalarAsync<long>("SELECT count(*) FROM mark"));
        var usage = await _second.Envelopes.ReadUsageAsync(Accounts.Payer(1), 1_440, Cancellation);
        Assert.Equal((21 * 5L, 21L), (usage!.Sum(period => period.SpendPicodollars), usage!.Sum(period => period.Messages)));
        Assert.Equal(log.Last, (await _second.Envelopes.ReadMarksAsync(Cancellation))[Node]);
    }

    [Fact]
    public async Task Bands_LogCrossesOne_TheNextIsMadeAhead()
    {
        var log = await LogWriter.TakeAsync(_first.Envelopes, 100);
        await log.AppendAsync(log.Row(StoreContract.Group(1), (int)PostgresBands.Size / 2));
        await _first.SettleAsync();
        Assert.Equal(2L, await BandsAsync());

        await log.AppendAsync(log.Row(StoreContract.Group(1), ((int)PostgresBands.Size / 2) - 1), log.Row(StoreContract.Group(1),
            (int)PostgresBands.Size));
        await log.AppendAsync(log.Row(StoreContract.Group(1), 40_000_000)); // jumps over bands

        var read = await _second.Envelopes.ReadLogAsync(
            Node, default, new SequenceId(SequenceId.MaxValue), new PageLimit(10, int.MaxValue), Cancellation);
        Assert.Equal(log.Entries.Select(entry => entry.Sequence), read.Entries.Select(entry => entry.Sequence));
        Assert.NotNull((await _second.Envelopes.ReadNewestAsync([StoreContract.Group(1)], new ReadFilter { NowSeconds = 0 },
            Cancellation))[0]);
    }

    [Fact]
    public async Task InboxIds_TextThatNoDatabaseTakes_IsNobody() =>
        Assert.Equal([null], await _first.Envelopes.ReadInboxIdsAsync(["0x\0"], Cancellation));

    private static LogRow Charged(LogWriter log, long ns) =>
        log.Row(StoreContract.Group(1), originatorNs: ns, payer: Accounts.Payer(1), fee: 5, countsUsage: true, countsCongestion: true);

    private static Task<ChainEvent> AppendEventAsync(TestStore store, int payload) => store.LocalChain.AppendAsync(
        ChainContract.GroupMessages, GroupId, BitConverter.GetBytes(payload), nowNs: 1, sinceNs: 0, Cancellation);

    private Task<long> BandsAsync() => ScalarAsync<long>("SELECT count(*) FROM pg_inherits WHERE inhparent = 'envelope_body'::regclass");

    private async Task<T> ScalarAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(_harness.ConnectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
