using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>Where and how the store keeps its file.</summary>
public sealed class SqliteOptions
{
    /// <summary>Section of the configuration.</summary>
    public const string SectionName = "Sqlite";

    /// <summary>The database file; its folder is created when missing. Default: <c>data/node.db</c>.</summary>
    [Required]
    public string Path { get; set; } = "data/node.db";

    /// <summary>Threads that read, each with a connection of its own. Default: 4.</summary>
    [Range(1, 64)]
    public int Readers { get; set; } = 4;

    /// <summary>Memory for pages of the writer in MiB; random inserts into the topic index stay in it. Default: 64.</summary>
    [Range(1, 65_536)]
    public int WriterCacheMegabytes { get; set; } = 64;

    /// <summary>Memory for pages of each reader in MiB, taken as pages are read; what the busy topics of a large store need stays in it. Default:
    /// 64.</summary>
    [Range(1, 65_536)]
    public int ReaderCacheMegabytes { get; set; } = 64;
}

[OptionsValidator]
internal sealed partial class SqliteOptionsValidator : IValidateOptions<SqliteOptions>;
