using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Fees;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>What commits leave behind, tidied once a minute beside them: rows of usage and congestion of minutes that are over are folded
/// into one, old congestion and old marks go, and the next band is made. Nothing depends on when this happens.</summary>
internal sealed partial class PostgresUpkeep(NpgsqlDataSource maintenance, PostgresBands bands, ILogger logger)
{
    // A process that starts folds what one that was killed left, but not without bound.
    private const int MinutesFoldedAtStart = 60;

    private const int TimeoutSeconds = 300; // a connection that was cut must not end it for ever

    private const string FoldUsageSql = """
        WITH several AS (
          SELECT payer, minute FROM unsettled_usage WHERE originator_id = $1 AND minute >= $2 AND minute < $3
          GROUP BY payer, minute HAVING count(*) > 1),
        folded AS (
          DELETE FROM unsettled_usage AS usage USING several
          WHERE usage.payer = several.payer AND usage.originator_id = $1 AND usage.minute = several.minute
          RETURNING usage.payer, usage.minute, usage.last_sequence_id, usage.spend_picodollars, usage.messages)
        INSERT INTO unsettled_usage (payer, originator_id, minute, last_sequence_id, spend_picodollars, messages)
        SELECT payer, $1, minute, max(last_sequence_id), CAST(sum(spend_picodollars) AS bigint), CAST(sum(messages) AS bigint)
        FROM folded GROUP BY payer, minute
        """;

    private const string FoldCongestionSql = """
        WITH folded AS (
          DELETE FROM congestion WHERE originator_id = $1 AND minute >= $2 AND minute < $3 RETURNING minute, last_sequence_id, messages)
        INSERT INTO congestion (originator_id, minute, last_sequence_id, messages)
        SELECT $1, minute, max(last_sequence_id), CAST(sum(messages) AS bigint) FROM folded GROUP BY minute
        """;

    private const string PruneCongestionSql = "DELETE FROM congestion WHERE originator_id = $1 AND minute < $2";

    private const string PruneMarksSql = """
        DELETE FROM mark WHERE originator_id = $1 AND previous_sequence_id >= $2 AND previous_sequence_id < $3
        """;

    private readonly ConcurrentDictionary<OriginatorId, LogUpkeep> _logs = new();

    /// <summary>Called after each commit; mostly returns at once.</summary>
    public void AfterCommit(LogAppend append)
    {
        var log = _logs.GetOrAdd(append.Lease.Originator, _ => new LogUpkeep());
        var minute = UsageMinute.Of(append.LastNs);
        lock (log)
        {
            if (!log.Running.IsCompleted) return;
            if (minute <= log.Minute && !bands.IsNextMissing(append.Lease.Originator, append.Last)) return;
            log.Running = RunAsync(log, append, minute);
        }
    }

    /// <summary>Waits for what runs.</summary>
    public Task SettleAsync() => Task.WhenAll(_logs.Values.Select(log => log.Running));

    private async Task RunAsync(LogUpkeep log, LogAppend append, long minute)
    {
        var originator = append.Lease.Originator;
        try
        {
            if (bands.IsNextMissing(originator, append.Last)) await bands.EnsureNextAsync(originator, append.Last);
            if (minute <= log.Minute) return;
            await PostgresCalls.GuardAsync(() => TidyAsync(originator, log, minute, append.Previous));
            (log.Minute, log.PrunedTo) = (minute, append.Previous);
        }
        catch (StoreException failure)
        {
            LogFailed(logger, originator, failure); // tried again after the next commit
        }
    }

    private async Task<int> TidyAsync(OriginatorId originator, LogUpkeep log, long minute, SequenceId previous)
    {
        var from = log.Minute == 0 ? minute - MinutesFoldedAtStart : log.Minute;
        await using var batch = maintenance.CreateBatch();
        batch.Timeout = TimeoutSeconds;
        Add(FoldUsageSql).With(from).With(minute);
        Add(FoldCongestionSql).With(from).With(minute);
        Add(PruneCongestionSql).With(minute - AppendTotals.CongestionMinutesKept);
        Add(PruneMarksSql).With((long)log.PrunedTo.Value).With((long)previous.Value);
        return await batch.ExecuteNonQueryAsync();

        NpgsqlParameterCollection Add(string sql)
        {
            var command = new NpgsqlBatchCommand(sql);
            batch.BatchCommands.Add(command);
            return command.Parameters.With((int)originator.Value);
        }
    }

    [LoggerMessage(EventIds.UpkeepFailed, LogLevel.Warning, "Tidying what the commits of log {Originator} left failed; it is tried again")]
    private static partial void LogFailed(ILogger logger, OriginatorId originator, Exception failure);

    private sealed class LogUpkeep
    {
        public Task Running { get; set; } = Task.CompletedTask; // under the lock of this object; the rest belongs to what runs

        public long Minute { get; set; }

        public SequenceId PrunedTo { get; set; }
    }
}
