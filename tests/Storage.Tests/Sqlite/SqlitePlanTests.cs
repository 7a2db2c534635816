using XmtpOrleans.Storage.Sqlite;
using XmtpOrleans.Storage.Tests.Contract;

namespace XmtpOrleans.Storage.Tests.Sqlite;

/// <summary>No read of a log or topic may walk a table: at ten million rows that is what makes it cost the same as at a hundred
/// thousand.</summary>
public sealed class SqlitePlanTests : IAsyncLifetime
{
    private readonly SqliteHarness _harness = new();

    public async ValueTask InitializeAsync() => await (await _harness.OpenAsync()).CloseAsync();

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    [Theory]
    [InlineData(SqliteReads.ScanLogSql,
        "SEARCH envelope USING INDEX envelope_by_sequence (originator_id=? AND sequence_id>? AND sequence_id<?)")]
    [InlineData(SqliteReads.ReadByKeySql, "SEARCH envelope USING INDEX envelope_by_sequence (originator_id=? AND sequence_id=?)")]
    [InlineData(SqliteReads.ReadByIdSql, "SEARCH envelope USING INTEGER PRIMARY KEY (rowid=?)")]
    [InlineData(
        SqliteReads.ScanTopicSql,
        "SEARCH envelope USING COVERING INDEX envelope_by_topic (topic=? AND originator_id=? AND sequence_id>? AND sequence_id<?)")]
    [InlineData(
        SqliteReads.ScanTopicBackSql,
            "SEARCH envelope USING COVERING INDEX envelope_by_topic (topic=? AND originator_id=? AND sequence_id<?)")]
    [InlineData(
        SqliteReads.LastOfTopicSql,
        "SEARCH envelope USING INDEX envelope_by_topic (topic=? AND originator_id=? AND sequence_id<?)")]
    [InlineData(SharedSql.ReadFingerprints, "SEARCH envelope USING INDEX envelope_by_sequence (originator_id=? AND sequence_id<?)")]
    [InlineData(SharedSql.ReadCongestion, "SEARCH congestion USING PRIMARY KEY (originator_id=? AND minute>? AND minute<?)")]
    [InlineData(SharedSql.ReadUsage, "SEARCH unsettled_usage USING PRIMARY KEY (payer=?)")]
    [InlineData(SqliteAccounts.ReadInboxIdSql, "SEARCH address_log USING PRIMARY KEY (address=?)")]
    public void Plan_OfARead_StepsDownItsIndex(string sql, string step)
    {
        using var session = SqliteSession.Open(_harness.Path, isReadOnly: true);
        using var plan = session.NewStatement("EXPLAIN QUERY PLAN " + sql);
        var steps = plan.All(row => row.Text(3));

        Assert.Contains(step, steps);
        Assert.DoesNotContain(steps, other => other.StartsWith("SCAN envelope", StringComparison.Ordinal));
        Assert.DoesNotContain(steps, other => sql.Contains("envelope", StringComparison.Ordinal) && other.Contains("TEMP B-TREE",
            StringComparison.Ordinal));
    }
}
