using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Storage.Sqlite;
using XmtpOrleans.Storage.Tests.Contract;

namespace XmtpOrleans.Storage.Tests.Sqlite;

/// <summary>A file in a folder of its own.</summary>
public sealed class SqliteHarness : StoreHarness
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("xmtp-store-");

    public string Path => System.IO.Path.Combine(_folder.FullName, "node.db");

    public override Task<TestStore> OpenAsync() => OpenAsync(Path, Clock);

    /// <summary>Opens any file.</summary>
    public static async Task<TestStore> OpenAsync(string path, TimeProvider clock)
    {
        var provider = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().Build())
            .AddSingleton(clock)
            .AddSqliteStore(options => options.Path = path)
            .AddSqliteSeeder()
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
            () => Task.CompletedTask);
    }

    internal static SqliteDatabase DatabaseOf(TestStore store) => store.Owner.GetRequiredService<SqliteDatabase>();

    public override async Task<TestStore> ReopenAsync(TestStore store)
    {
        await store.CloseAsync();
        return await OpenAsync();
    }

    public override ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}
