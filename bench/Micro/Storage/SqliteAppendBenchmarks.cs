using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Storage;
using XmtpOrleans.Storage.Sqlite;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Micro.Storage;

/// <summary>One fenced, flushed commit to SQLite; divide by the rows for the cost of one.</summary>
[MemoryDiagnoser]
public class SqliteAppendBenchmarks
{
    private readonly string _folder = Directory.CreateTempSubdirectory("xmtp-micro-").FullName;
    private ServiceProvider _services = null!;
    private IEnvelopeStore _store = null!;
    private Lease _lease = null!;
    private ulong _last;

    /// <summary>Rows in a commit.</summary>
    [Params(1, 10, 200)]
    public int Rows { get; set; }

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _services = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().Build())
            .AddLogging()
            .AddSingleton(TimeProvider.System)
            .AddSqliteStore(sqlite => sqlite.Path = Path.Combine(_folder, "node.db"))
            .BuildServiceProvider();
        await _services.GetRequiredService<INodeDatabase>().OpenAsync(CancellationToken.None);
        _store = _services.GetRequiredService<IEnvelopeStore>();
        _lease = await _store.TakeLeaseAsync(TestPublishes.Node, CancellationToken.None);
        _last = _lease.Last.Value;
    }

    [Benchmark]
    public async Task<AppendOutcome> Append()
    {
        var rows = new LogRow[Rows];
        for (var index = 0; index < rows.Length; index++)
        {
            rows[index] = Row(_last + (ulong)index + 1);
        }

        var outcome = await _store.AppendAsync(new LogAppend
        {
            Lease = _lease,
            Previous = new SequenceId(_last),
            Last = rows[^1].Entry.Sequence,
            LastNs = rows[^1].Entry.OriginatorNs,
            Rows = rows,
        });
        _last += (ulong)Rows;
        return outcome == AppendOutcome.Committed ? outcome : throw new InvalidOperationException("the benchmark lost its lease");
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static LogRow Row(ulong sequence) => new()
    {
        Entry = new LogEntry
        {
            Originator = TestPublishes.Node,
            Sequence = new SequenceId(sequence),
            OriginatorNs = (long)sequence * 1_000,
            ArrivalUs = (long)sequence,
            ExpirySeconds = LogEntry.NeverExpires,
            Topic = TestPublishes.Group((int)(sequence % 250)),
            Bytes = new byte[600],
        },
        Payer = TestKeys.Key(1).Address,
        Fingerprint = (long)sequence,
        FeePicodollars = 1,
        CountsUsage = true,
        CountsCongestion = true,
    };
}
