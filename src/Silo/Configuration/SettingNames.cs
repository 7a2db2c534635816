using System.Reflection;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Silo.Configuration;

/// <summary>The names of all settings there are, as the options classes have them.</summary>
internal static class SettingNames
{
    private const string Admission = "Admission:"; // whose options know of no configuration
    private const string FreeSection = "Logging:";

    private static readonly string[] Projects = ["Grains", "Storage", "Chain", "Gateway", "Silo"];

    private static readonly Lazy<IReadOnlyList<string>> AllNames = new(static () =>
    [
        .. from project in Projects
           from type in Assembly.Load($"XmtpOrleans.{project}").GetTypes()
           let section = type.GetField("SectionName", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() as string
           where section is not null
           from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
           where property.SetMethod?.IsPublic == true
           select $"{section}:{property.Name}",
        .. typeof(AdmissionOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(static property => Admission + property.Name),
        .. SecretFiles.Keys.Select(static key => key + SecretFiles.Suffix),
    ]);

    /// <summary>Every setting: <c>Section:Name</c>.</summary>
    public static IReadOnlyList<string> All => AllNames.Value;

    /// <summary>Whether a key is a setting, or lies inside one that is a list or an object.</summary>
    public static bool IsKnown(string key) =>
        key.StartsWith(FreeSection, StringComparison.OrdinalIgnoreCase)
        || All.Any(name => key.Equals(name, StringComparison.OrdinalIgnoreCase) || key.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a name of the environment looks like a setting of ours, and is none: its section is one.</summary>
    public static bool IsMisspelt(string variable)
    {
        var key = variable.Replace("__", ":", StringComparison.Ordinal);
        return key != variable && !IsKnown(key) && All.Any(name => key.StartsWith(name[..(name.IndexOf(':', StringComparison.Ordinal) + 1)], StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>What is told of such a name.</summary>
    public static string Misspelt(string variable) => $"{variable} in the environment: there is no such setting; correct its name";

    /// <summary>The keys with values that are no settings.</summary>
    public static IEnumerable<string> Unknown(IConfiguration given) =>
        given.AsEnumerable().Where(static entry => entry.Value is not null).Select(static entry => entry.Key).Where(static key => !IsKnown(key));
}
