using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Storage.Postgres;
using XmtpOrleans.Storage.Tests.Contract;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Storage.Tests.Postgres;

/// <summary>A schema of its own on the shared server.</summary>
public sealed class PostgresHarness : StoreHarness
{
    private readonly Action<PostgresOptions> _configure;
    private readonly TimeProvider? _clock;
    private string? _connectionString;

    public PostgresHarness()
        : this(_ => { })
    {
    }

    /// <summary>A store with settings of its own, and with a clock that runs instead of <see cref="StoreHarness.Clock"/>.</summary>
    public PostgresHarness(Action<PostgresOptions> configure, TimeProvider? clock = null) => (_configure, _clock) = (configure, clock);

    /// <summary>What the sessions of this harness are called.</summary>
    public string ApplicationName { get; } = $"test {Guid.NewGuid():N}";

    /// <summary>Of the schema; known once a store was opened.</summary>
    public string ConnectionString => _connectionString!;

    public override async Task<TestStore> OpenAsync()
    {
        _connectionString ??= await (await PostgresServer.SharedAsync()).CreateSchemaAsync() + $";Application Name={ApplicationName}";
        return await OpenAsync(_connectionString);
    }

    public async Task<TestStore> OpenAsync(string connectionString)
    {
        var provider = new ServiceCollection()
            .AddLogging()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().Build())
            .AddSingleton(_clock ?? Clock)
            .AddPostgresStore(options =>
            {
                options.ConnectionString = connectionString;
                (options.ConnectTimeoutSeconds, options.CommitTimeoutSeconds, options.ReadTimeoutSeconds) = (60, 60,
                    60); // other tests keep it busy
                options.WriterConnections = 4;
                options.ReaderConnections = 4;
                _configure(options);
            })
            .AddPostgresSeeder()
            .BuildServiceProvider();
        try
        {
            await provider.GetRequiredService<INodeDatabase>().OpenAsync(TestContext.Current.CancellationToken);
        }
        catch
        {
            await provider.DisposeAsync();
            throw;
        }

        return new TestStore(
            provider.GetRequiredService<IEnvelopeStore>(),
            provider.GetRequiredService<ILocalChainStore>(),
            provider.GetRequiredService<IBulkSeeder>(),
            provider,
            provider.GetRequiredService<PostgresDatabase>().Upkeep.SettleAsync);
    }

    public override async Task<TestStore> ReopenAsync(TestStore store)
    {
        await store.CloseAsync();
        return await OpenAsync();
    }

    // The schema goes with the server.
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
