using Npgsql;
using XmtpOrleans.Storage.Postgres;

namespace XmtpOrleans.Silo.Configuration;

/// <summary>Takes a database's address as a URL, too, as the reference and most database operators give it.</summary>
internal static class PostgresUrl
{
    private const string Key = $"{PostgresOptions.SectionName}:{nameof(PostgresOptions.ConnectionString)}";

    /// <summary>The connection string in Npgsql's own form, when it was given as a URL.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Rewrite(IConfiguration given, List<string> faults)
    {
        if (given[Key] is not { } text || !IsUrl(text)) return [];
        if (TryConvert(text, out var connection, out var reason)) return [KeyValuePair.Create<string, string?>(Key, connection)];
        faults.Add($"{Key}: {reason}"); // the URL may hold a password
        return [];
    }

    /// <summary>Whether this is a URL rather than a list of keywords.</summary>
    public static bool IsUrl(string text) =>
        text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Converts a URL; on failure the reason, without anything secret.</summary>
    public static bool TryConvert(string text, out string connection, out string reason)
    {
        (connection, reason) = ("", "");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0)
        {
            reason = "not a URL like postgres://user:password@host:5432/database";
            return false;
        }

        var user = url.UserInfo.Split(':', 2);
        var builder = new NpgsqlConnectionStringBuilder { Host = url.IdnHost };
        if (url.Port > 0) builder.Port = url.Port;
        if (user[0].Length > 0) builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length == 2) builder.Password = Uri.UnescapeDataString(user[1]);
        if (url.AbsolutePath.Length > 1) builder.Database = Uri.UnescapeDataString(url.AbsolutePath[1..]);
        foreach (var parameter in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = parameter.Split('=', 2);
            try
            {
                Set(builder, parts[0], Uri.UnescapeDataString(parts.Length == 2 ? parts[1] : ""));
            }
            catch (Exception failure) when (failure is ArgumentException or FormatException or KeyNotFoundException)
            {
                reason = $"the URL's parameter {parts[0]} is not understood";
                return false;
            }
        }

        connection = builder.ConnectionString;
        return true;
    }

    // libpq's names; all others are Npgsql's own.
    private static void Set(NpgsqlConnectionStringBuilder builder, string name, string value)
    {
        switch (name)
        {
            case "sslmode":
                builder.SslMode = Enum.Parse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true);
                break;
            case "sslrootcert":
                builder.RootCertificate = value;
                break;
            case "search_path":
                builder.SearchPath = value;
                break;
            case "application_name":
                builder.ApplicationName = value;
                break;
            case "connect_timeout":
                break; // the store sets it
            default:
                builder[name] = value;
                break;
        }
    }
}
