using XmtpOrleans.Silo.Configuration;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Silo.Tests;

/// <summary>docs/configuration.md names every setting there is, and no other.</summary>
public sealed class ConfigurationDocumentTests
{
    private const string ReferencePrefix = "XMTPD_";

    private static readonly string[] Lines = File.ReadAllLines(Repository.PathOf("docs/configuration.md"));

    [Fact]
    public void Document_NamesEverySetting() => Assert.Empty(SettingNames.All.Except(Rows()));

    [Fact]
    public void Document_NamesNoOtherSetting() => Assert.Empty(
        Rows().Where(name => name.Contains(':', StringComparison.Ordinal)).Except(SettingNames.All));

    [Fact]
    public void Document_NamesWhatIsTakenFromTheReference() => Assert.Equal(
        XmtpdNames.Names.Select(name => ReferencePrefix + name), Rows().Where(name => name.StartsWith(ReferencePrefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal));

    private static IEnumerable<string> Rows() =>
        Lines.Where(line => line.StartsWith("| `", StringComparison.Ordinal) && !line.Contains(" or `", StringComparison.Ordinal) && !line.Contains('✓', StringComparison.Ordinal))
        .Select(line => line.Split('`')[1]);
}
