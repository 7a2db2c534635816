using System.Reflection;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Silo.Tests;

/// <summary>docs/configuration.md names every setting there is, and no other.</summary>
public sealed class ConfigurationDocumentTests
{
    private static readonly string[] Projects = ["Grains", "Storage", "Chain", "Gateway", "Silo"];

    [Fact]
    public void Document_NamesEverySetting()
    {
        var document = File.ReadAllText(Repository.PathOf("docs/configuration.md"));
        Assert.All(Settings(), setting => Assert.Contains($"| `{setting}` |", document, StringComparison.Ordinal));
    }

    [Fact]
    public void Document_NamesNoOtherSetting()
    {
        var documented = File.ReadLines(Repository.PathOf("docs/configuration.md"))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal) && line.Contains(':', StringComparison.Ordinal))
            .Select(line => line.Split('`')[1])
            .Where(name => name.Contains(':', StringComparison.Ordinal) && !name.StartsWith("Admission:", StringComparison.Ordinal));
        Assert.Empty(documented.Except(Settings()));
    }

    private static List<string> Settings() =>
    [
        .. from project in Projects
           from type in Assembly.Load($"XmtpOrleans.{project}").GetTypes()
           let section = type.GetField("SectionName", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() as string
           where section is not null
           from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
           where property.SetMethod?.IsPublic == true
           select $"{section}:{property.Name}",
    ];
}
