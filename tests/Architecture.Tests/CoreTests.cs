using System.Text.RegularExpressions;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Architecture.Tests;

/// <summary>What a grain decides lies in a class that names no Orleans, so that the simulation can run it.</summary>
public sealed partial class CoreTests
{
    // The grains' contracts and shells, and what calls grains; beside them only the wiring in Hosting. Attributes of messages do not count.
    private static readonly string[] Shells =
    [
        "Feeds.Cluster.FeedContainer", "Feeds.Cluster.FeedQueueCache", "Feeds.Cluster.FeedQueueReceiver", "Feeds.Cluster.FeedQueues",
        "Feeds.Cluster.LiveFeed", "Feeds.Cluster.LogSubscription", "Feeds.Cluster.StreamFeedSource", "Feeds.LogFeedSource",
        "Inboxes.IInboxGrain", "Inboxes.InboxGrain", "Inboxes.InboxValidator",
        "Originators.ChainLogGrain", "Originators.IChainLogGrain", "Originators.IOriginatorLog", "Originators.ISequencerGrain",
        "Originators.LogKeeper", "Originators.OriginatorLogs", "Originators.PublishBatcher", "Originators.SequencerGrain",
        "Topics.ITopicGrain", "Topics.TopicGrain",
    ];

    // Ports that take work off a grain's turn.
    private static readonly string[] WorkOffTheTurn =
    [
        "XmtpOrleans.Grains.Inboxes.UpdateVerifier",
        "XmtpOrleans.Grains.Originators.LocalSigner",
    ];

    public static TheoryData<string> Projects => ["Protocol", "Grains", "Storage", "Chain", "Gateway", "Silo"];

    [Fact]
    public void Grains_OnlyShellsAndWiring_NameOrleans()
    {
        var named = CodeUse.Of("Grains").Uses
            .Where(type => type.Value.Any(use => use.StartsWith("Orleans", StringComparison.Ordinal)))
            .Select(type => type.Key["XmtpOrleans.Grains.".Length..])
            .Where(type => !type.StartsWith("Hosting.", StringComparison.Ordinal));
        Assert.Equal(string.Join('\n', Shells.Order(StringComparer.Ordinal)), string.Join('\n', named));
    }

    [Fact]
    public void Grains_OnlyPorts_StartWorkOnTheThreadPool()
    {
        var starting = CodeUse.Of("Grains").Uses.Where(type => type.Value.Any(use => use.EndsWith("System.Threading.Tasks.Task::Run", StringComparison.Ordinal)));
        Assert.Equal(WorkOffTheTurn.Order(StringComparer.Ordinal), starting.Select(type => type.Key));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Source_HasNoAsyncVoid(string project) => Assert.Empty(CodeUse.Of(project).AsyncVoids);

    [Theory]
    [MemberData(nameof(Projects))]
    public void Source_BlocksOnNoTask(string project)
    {
        string[] blocking = ["Task`1::get_Result", "ValueTask`1::get_Result", "Task::Wait", "Task::WaitAll", "Task::WaitAny"];
        var offending = CodeUse.Of(project).Uses
            .SelectMany(type => type.Value.Where(use => blocking.Any(call => use.EndsWith("." + call, StringComparison.Ordinal)))
                .Select(use => $"{type.Key} {use}"));
        Assert.Empty(offending);
    }

    [Fact]
    public void Source_CatchesNothingWithoutSayingWhy()
    {
        var files = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).ToList();
        Assert.True(files.Count > 100, "the source was not found");
        Assert.DoesNotContain(files, file => EmptyCatch().IsMatch(File.ReadAllText(file)));
    }

    [Theory]
    [InlineData("catch { }", true)]
    [InlineData("catch (IOException)\n{\n}", true)]
    [InlineData("catch (IOException)\n{\n    // The silo stops.\n}", false)]
    public void EmptyCatch_OfASample_SeesWhatItShould(string source, bool isEmpty) => Assert.Equal(isEmpty, EmptyCatch().IsMatch(source));

    [GeneratedRegex(@"\bcatch\b[^{}]*\{\s*\}", RegexOptions.NonBacktracking)]
    private static partial Regex EmptyCatch();
}
