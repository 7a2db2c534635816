using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Silo.Configuration;
using XmtpOrleans.Storage.Postgres;

namespace XmtpOrleans.Silo.Roles;

/// <summary>Brings the node's database to the schema of this version and ends: what runs before the processes of a new version do.</summary>
internal static class MigrateCommand
{
    /// <summary>Migrates, tells what it does, and returns the exit code.</summary>
    public static async Task<int> RunAsync(RoleSettings settings)
    {
        var builder = EmbeddedHosting.CreateBuilder();
        ((IConfigurationBuilder)builder.Configuration).Sources.Clear();
        builder.Configuration.AddConfiguration(settings.Values);
        EmbeddedHosting.Configure(builder);
        builder.Services.AddPostgresStore();
        using var signals = new StopSignals();
        try
        {
            StartException.ThrowIfAny([.. settings.Faults, .. ConfigurationCheck.Faults(builder).Where(fault => !SecretFiles.IsTold(settings.Faults, fault))]);
            await using var application = builder.Build();
            Console.WriteLine($"database: {NodeRole.StoreOf(application.Services)}");
            await PostgresMigration.RunAsync(application.Services.GetRequiredService<IOptions<PostgresOptions>>().Value, Console.WriteLine, signals.Received);
            return 0;
        }
        catch (Exception failure) when (failure is StartException or StoreException)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return CommandLine.CannotStart;
        }
        catch (OperationCanceledException) when (signals.Received.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("stopped before the database was brought to this version");
            return 1;
        }
    }
}
