using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Npgsql;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>Where the store's database is and how it is used.</summary>
public sealed class PostgresOptions
{
    /// <summary>Section of the configuration.</summary>
    public const string SectionName = "Postgres";

    /// <summary>Npgsql connection string; a secret. The store sets the timeouts, pool sizes and planner settings itself.</summary>
    [Required]
    public string ConnectionString { get; set; } = "";

    /// <summary>Whether one process has the database for itself: a second one is then refused. Default: off, as in a cluster.</summary>
    public bool SingleProcess { get; set; }

    /// <summary>Whether a process brings the database to its own schema when it starts. Off, it waits until <c>migrate</c> has done that; fronts and
    /// payer gateways always do. Default: on.</summary>
    public bool Migrate { get; set; } = true;

    /// <summary>Connections that read. Default: 16.</summary>
    [Range(1, 1_000)]
    public int ReaderConnections { get; set; } = 16;

    /// <summary>Connections that write. Default: 6.</summary>
    [Range(2, 1_000)]
    public int WriterConnections { get; set; } = 6;

    /// <summary>Longest time a connection is waited for, a new one or one in use. Default: 1 second.</summary>
    [Range(1, 600)]
    public int ConnectTimeoutSeconds { get; set; } = 1;

    /// <summary>Longest time a set of topics or logs is read. Default: 10 seconds.</summary>
    [Range(1, 600)]
    public int ReadTimeoutSeconds { get; set; } = 10;

    /// <summary>Longest time a commit, a lease or a mark is waited for. Default: 2 seconds.</summary>
    [Range(1, 600)]
    public int CommitTimeoutSeconds { get; set; } = 2;

    /// <summary>How long the server may leave the smallest question unanswered while calls wait; then all of them, and those that come until it
    /// answers, fail at once. Reads that wait for longer fail when a small commit beside them takes twice as long. Default: 0.5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")]
    public TimeSpan LongestSilence { get; set; } = TimeSpan.FromSeconds(0.5);
}

internal sealed class PostgresOptionsRules : IValidateOptions<PostgresOptions>
{
    // The driver's own text may repeat the string, and with it a password.
    public ValidateOptionsResult Validate(string? name, PostgresOptions options)
    {
        try
        {
            var connection = new NpgsqlConnectionStringBuilder(options.ConnectionString);
            return options.ConnectionString.Length == 0 || !string.IsNullOrEmpty(connection.Host)
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail("Postgres:ConnectionString names no Host");
        }
        catch (Exception failure) when (failure is ArgumentException or FormatException or KeyNotFoundException)
        {
            return ValidateOptionsResult.Fail("Postgres:ConnectionString is not a connection string like Host=db;Username=xmtp;Password=…;Database=xmtp");
        }
    }
}

[OptionsValidator]
internal sealed partial class PostgresOptionsValidator : IValidateOptions<PostgresOptions>;
