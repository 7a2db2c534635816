using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>Registers the store of one database.</summary>
public static class PostgresStoreExtensions
{
    /// <summary>Keeps everything in PostgreSQL: the store ports, and <see cref="INodeDatabase"/>, which the host opens before it starts
    /// anything that uses them.</summary>
    public static IServiceCollection AddPostgresStore(this IServiceCollection services, Action<PostgresOptions>? configure = null)
    {
        services.AddOptions<PostgresOptions>().BindConfiguration(PostgresOptions.SectionName)
            .Configure(configure ?? (_ => { })).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PostgresOptions>, PostgresOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PostgresOptions>, PostgresOptionsRules>());
        services.TryAddSingleton<PostgresDatabase>();
        services.TryAddSingleton<INodeDatabase>(provider => provider.GetRequiredService<PostgresDatabase>());
        services.TryAddSingleton<IClusterDatabase, PostgresClusterDatabase>();
        services.TryAddSingleton<IEnvelopeStore, PostgresEnvelopeStore>();
        services.TryAddSingleton<ILocalChainStore, PostgresLocalChainStore>();
        return services;
    }

    /// <summary>Adds <see cref="IBulkSeeder"/> over the database; for tools.</summary>
    public static IServiceCollection AddPostgresSeeder(this IServiceCollection services)
    {
        services.TryAddSingleton<IBulkSeeder, PostgresBulkSeeder>();
        return services;
    }
}
