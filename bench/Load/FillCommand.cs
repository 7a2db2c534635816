using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Load.Workloads;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Storage;
using XmtpOrleans.Storage.Postgres;
using XmtpOrleans.Storage.Sqlite;

namespace XmtpOrleans.Load;

/// <summary>Fills the store of a stopped <c>dev</c> node with valid, signed rows: what a node looks like after months, in minutes.</summary>
internal static class FillCommand
{
    private static readonly Option<string> Data = new("--data") { Description = "Data folder of a stopped dev node", DefaultValueFactory = _ => "data" };
    private static readonly Option<string?> Postgres = new("--postgres") { Description = "Connection string of the node's database, when it is not SQLite" };
    private static readonly Option<long> Rows = new("--rows") { Description = "Rows to add", DefaultValueFactory = _ => 10_000_000 };
    private static readonly Option<int> Topics = new("--topics") { Description = "Groups the rows are spread over", DefaultValueFactory = _ => 2_000 };
    private static readonly Option<double> Zipf = new("--zipf") { Description = "Exponent of the topics' share of the rows; 0 is an even share", DefaultValueFactory = _ => 0 };
    private static readonly Option<bool> Skewed = new("--skewed") { Description = "As a real network: 53,000 topics by Zipf's law, 24 % of the rows in four peers' logs, an address for each hundredth row" };
    private static readonly Option<int> Size = new("--size") { Description = "Bytes of MLS message in a row", DefaultValueFactory = _ => 256 };
    private static readonly Option<uint> NodeId = new("--node-id") { Description = "The node's originator id", DefaultValueFactory = _ => 100 };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("fill", "Adds valid, signed rows to the store of a stopped dev node") { Data, Postgres, Rows, Topics, Zipf, Skewed, Size, NodeId };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var folder = arguments.GetRequiredValue(Data);
        var keyFile = Path.Combine(folder, "node.key");
        if (!File.Exists(keyFile)) throw new LoadException($"{keyFile}: not found; start the node once on this folder, stop it, then fill");
        if (!Secp256k1PrivateKey.TryParse((await File.ReadAllTextAsync(keyFile, cancellationToken)).Trim(), out var key))
        {
            throw new LoadException($"{keyFile}: not a private key");
        }

        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddLogging();
        services.AddSingleton(TimeProvider.System);
        if (arguments.GetValue(Postgres) is { } connection)
        {
            services.AddPostgresStore(postgres =>
            {
                postgres.ConnectionString = connection;
                postgres.SingleProcess = true;
            }).AddPostgresSeeder();
        }
        else
        {
            services.AddSqliteStore(sqlite => sqlite.Path = Path.Combine(folder, "node.db")).AddSqliteSeeder();
        }

        await using var provider = services.BuildServiceProvider();
        try
        {
            await provider.GetRequiredService<INodeDatabase>().OpenAsync(cancellationToken);
            var originator = new OriginatorId(arguments.GetValue(NodeId));
            var marks = await provider.GetRequiredService<IEnvelopeStore>().ReadMarksAsync(cancellationToken);
            var (rows, size) = (arguments.GetValue(Rows), arguments.GetValue(Size));
            (OriginatorId Log, SeedRows Rows)[] parts = arguments.GetValue(Skewed)
                ? [.. Skew.Split(originator, key, rows).Select(part => (
                    part.Log,
                    new SeedRows(part.Key, part.Log, Skew.Topics, Skew.Zipf, size, marks[part.Log], part.Rows, part.Log == originator ? Skew.RowsPerAddress : 0)))]
                : [(originator, new SeedRows(
                    key, originator, arguments.GetValue(Topics), arguments.GetValue(Zipf), size, marks[originator], rows, rowsPerAddress: 0))];
            await SeedAsync(provider.GetRequiredService<IBulkSeeder>(), parts, rows, cancellationToken);
            return 0;
        }
        catch (StoreException failure)
        {
            throw new LoadException(failure.Message);
        }
    }

    private static Task SeedAsync(
        IBulkSeeder seeder, IEnumerable<(OriginatorId Log, SeedRows Rows)> parts, long count, CancellationToken cancellationToken) =>
        AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask("filling", maxValue: count);
                var before = 0L;
                foreach (var (log, rows) in parts)
                {
                    var start = before;
                    before += await seeder.SeedAsync(log, rows.All(), new Progress<long>(done => task.Value = start + done), cancellationToken);
                }

                task.Value = count;
            });
}
