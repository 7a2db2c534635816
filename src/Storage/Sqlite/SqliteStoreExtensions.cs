using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>Registers the store of one file.</summary>
public static class SqliteStoreExtensions
{
    /// <summary>Keeps everything in a SQLite file that one process has for itself: the store ports, and <see cref="INodeDatabase"/>, which
    /// the host opens before it starts anything that uses them.</summary>
    public static IServiceCollection AddSqliteStore(this IServiceCollection services, Action<SqliteOptions>? configure = null)
    {
        services.AddOptions<SqliteOptions>().BindConfiguration(SqliteOptions.SectionName)
            .Configure(configure ?? (_ => { })).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SqliteOptions>, SqliteOptionsValidator>());
        services.TryAddSingleton<SqliteDatabase>();
        services.TryAddSingleton<INodeDatabase>(provider => provider.GetRequiredService<SqliteDatabase>());
        services.TryAddSingleton<IEnvelopeStore, SqliteEnvelopeStore>();
        services.TryAddSingleton<ILocalChainStore, SqliteLocalChainStore>();
        return services;
    }

    /// <summary>Adds <see cref="IBulkSeeder"/> over the file; for tools.</summary>
    public static IServiceCollection AddSqliteSeeder(this IServiceCollection services)
    {
        services.TryAddSingleton<IBulkSeeder, SqliteBulkSeeder>();
        return services;
    }
}
