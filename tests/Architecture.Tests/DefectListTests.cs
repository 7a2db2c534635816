using System.Text.RegularExpressions;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Architecture.Tests;

/// <summary>docs/defects.md names each defect that must not be ours, and only tests that exist.</summary>
public sealed partial class DefectListTests
{
    private static readonly string[] Required =
    [
        "D1", "D2", "D8", "D9", "D10", "D11", "D14", "D15", "D16", "D17", "L1", "L2", "L3", "L4", "L5", "L6", "L10", "L13",
    ];

    [Fact]
    public void Document_HasARowForEachDefect() => Assert.Equal(Required, Rows().Select(static row => row.Defect));

    [Fact]
    public void Document_EachRow_NamesATest() => Assert.All(Rows(), static row => Assert.NotEmpty(row.Tests));

    [Fact]
    public void Document_EachNamedTest_Exists()
    {
        var existing = ExistingTests();
        Assert.Empty(Rows().SelectMany(static row => row.Tests).Except(existing));
    }

    private static List<(string Defect, string[] Tests)> Rows() =>
    [
        .. from line in File.ReadLines(Repository.PathOf("docs/defects.md"))
           let cells = line.Split('|', StringSplitOptions.TrimEntries)
           where cells.Length == 6 && DefectId().IsMatch(cells[1])
           select (cells[1], Quoted().Matches(cells[4]).Select(static match => match.Groups["name"].Value).ToArray()),
    ];

    private static HashSet<string> ExistingTests() =>
    [
        .. from file in Directory.EnumerateFiles(Repository.PathOf("tests"), "*.cs", SearchOption.AllDirectories)
           from match in TestMethod().Matches(File.ReadAllText(file))
           select $"{Path.GetFileNameWithoutExtension(file)}.{match.Groups["name"].Value}",
    ];

    [GeneratedRegex("^[DL][0-9]+$", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex DefectId();

    [GeneratedRegex("`(?<name>[^`]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Quoted();

    // The attribute, perhaps data of a theory, then the method.
    [GeneratedRegex(@"\[(?:Fact|Theory)(?:\([^\n]*)?\][^{;]*?public (?:async )?(?:Task|void|ValueTask) (?<name>[A-Za-z0-9_]+)\(", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex TestMethod();
}
