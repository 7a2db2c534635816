using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace XmtpOrleans.Storage;

/// <summary>One numbered step of a schema, embedded as <c>Migrations/0001_name.sql</c>. Steps only go forward.</summary>
internal sealed record Migration(int Number, string Name, string Sql)
{
    /// <summary>The migrations that lie in the folder <c>Migrations</c> beside a type, ascending.</summary>
    public static IReadOnlyList<Migration> Beside(Type type)
    {
        var assembly = type.Assembly;
        var prefix = type.Namespace + ".Migrations.";
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(name => Read(assembly, name, prefix))
            .OrderBy(migration => migration.Number)];
    }

    /// <summary>Hex digest of the text, however its lines end.</summary>
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.ReplaceLineEndings("\n"))));

    private static Migration Read(Assembly assembly, string resource, string prefix)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        var name = resource[prefix.Length..^".sql".Length];
        return new Migration(int.Parse(name.AsSpan(0, name.IndexOf('_', StringComparison.Ordinal)), CultureInfo.InvariantCulture), name,
            reader.ReadToEnd());
    }
}
