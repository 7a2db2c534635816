using XmtpOrleans.Silo.Roles;
using XmtpOrleans.Storage.Postgres;

namespace XmtpOrleans.Silo.Configuration;

/// <summary>Settings that are secrets may stand in files of their own, named by the same key with <c>File</c> behind it: a file is not inherited by child
/// processes and not shown by tools that list an environment.</summary>
internal static class SecretFiles
{
    /// <summary>What a key has behind it when it names a file.</summary>
    public const string Suffix = "File";

    /// <summary>The settings that are secrets: never shown, and taken from files where files are named.</summary>
    public static IReadOnlyList<string> Keys { get; } =
    [
        $"{SignerOptions.SectionName}:{nameof(SignerOptions.Key)}",
        $"{PayerKeyOptions.SectionName}:{nameof(PayerKeyOptions.Key)}",
        $"{PostgresOptions.SectionName}:{nameof(PostgresOptions.ConnectionString)}",
    ];

    /// <summary>Whether a secret is missing because its file could not be read, which is told already.</summary>
    public static bool IsTold(IEnumerable<string> faults, string fault) => Keys.Any(key =>
        fault.StartsWith(key + " is ", StringComparison.Ordinal) && faults.Any(told => told.StartsWith(key + Suffix + " = ", StringComparison.Ordinal)));

    /// <summary>The secrets that files hold, by setting.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Read(IConfiguration given, List<string> faults)
    {
        var read = new List<KeyValuePair<string, string?>>();
        foreach (var key in Keys)
        {
            if (given[key + Suffix] is not { Length: > 0 } path) continue;
            if (given[key] is { Length: > 0 }) faults.Add($"{key} and {key}{Suffix} are both given; keep one");
            try
            {
                var text = File.ReadAllText(path).Trim();
                if (text.Length == 0) faults.Add($"{key}{Suffix} = {path}: the file is empty");
                read.Add(KeyValuePair.Create<string, string?>(key, text));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                faults.Add($"{key}{Suffix} = {path}: {failure.Message}");
            }
        }

        return read;
    }
}
