using System.Globalization;
using Google.Protobuf;
using Npgsql;
using Xmtp.Xmtpv4.MessageApi;
using XmtpOrleans.EndToEnd.Tests.Cluster;
using XmtpOrleans.Load.Workloads;

namespace XmtpOrleans.EndToEnd.Tests.Hostile;

/// <summary>More topics are read than a cluster keeps in memory.</summary>
public sealed class ClusterCrowdTests(ITestOutputHelper output)
{
    private const string TopicsVariable = "XMTP_TOUCHED_TOPICS";
    private const string QueryEnvelopes = "xmtp.xmtpv4.message_api.QueryApi/QueryEnvelopes";
    private const int Connections = 8;
    private const int Askers = 64;
    private const int FirstTopic = 1_000_000;
    private const int FewTopics = 6_000;
    private const int FewTails = 500; // in a silo, so that a few topics are too many
    private const long MemoryMargin = 150L * 1024 * 1024; // for each silo

    private static readonly TimeSpan IdleAfter = TimeSpan.FromSeconds(61);

    [Fact]
    public async Task Topics_MoreThanMemoryHolds_AreGivenUpAndNobodyIsDeclaredDead()
    {
        var demanded = Environment.GetEnvironmentVariable(TopicsVariable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : default(int?);
        var settings = new Dictionary<string, string> { ["Topics:IdleAfter"] = IdleAfter.ToString("c", CultureInfo.InvariantCulture) };
        if (demanded is null) settings["Topics:TailsPerSilo"] = $"{FewTails}";
        await using var cluster = await ClusterProcesses.StartAsync(silos: 3, fronts: 1, gateways: 0, settings);
        await using var victim = new Victim(cluster.Fronts[0].Rpc);
        await victim.ServedAsync(20);
        var before = await SettledAsync(cluster, long.MaxValue);

        await ReadTwiceAsync(cluster.Fronts[0].Rpc, demanded ?? FewTopics);

        var tails = await TailsAsync(cluster);
        output.WriteLine($"topics in memory after the reads: {string.Join(", ", tails)}; resident MB before {before >> 20}, after {Resident(cluster) >> 20}");
        Assert.All(tails, tail => Assert.InRange(tail, 1, demanded is null ? FewTails : demanded.Value));
        if (demanded is not null) await EmptyAsync(cluster);
        var bound = before + (cluster.Silos.Count * MemoryMargin);
        var after = await SettledAsync(cluster, bound);
        output.WriteLine($"at the end: {string.Join(", ", await TailsAsync(cluster))}; resident MB {after >> 20}");
        Assert.Equal(0, await DeclaredDeadAsync(cluster.Database));
        Assert.InRange(after, 0, bound);
        await victim.ServedAsync(20);
    }

    private static async Task ReadTwiceAsync(Uri front, int topics)
    {
        var clients = Enumerable.Range(0, Connections).Select(_ => new RawClient(front)).ToList();
        await Task.WhenAll(Enumerable.Range(0, Askers).Select(asker => ReadTwiceAsync(clients[asker % Connections], asker, topics)));
        clients.ForEach(static client => client.Dispose());
    }

    // The second read within a minute wakes a topic's grain.
    private static async Task ReadTwiceAsync(RawClient client, int asker, int topics)
    {
        for (var number = asker; number < topics; number += Askers)
        {
            var query = Requests.Query(new EnvelopesQuery { Topics = { ByteString.CopyFrom(GroupMessages.Topic(FirstTopic + number)) } });
            Assert.Empty(await client.CallAsync(QueryEnvelopes, query));
            Assert.Empty(await client.CallAsync(QueryEnvelopes, query));
        }
    }

    private static async Task EmptyAsync(ClusterProcesses cluster)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(IdleAfter * 3);
        while ((await TailsAsync(cluster)).Sum() > FewTails) await Task.Delay(TimeSpan.FromSeconds(1), limit.Token);
    }

    private static async Task<double[]> TailsAsync(ClusterProcesses cluster) => await Task.WhenAll(cluster.Silos.Select(static async silo =>
    {
        var line = (await silo.MetricsAsync()).Single(static line => line.StartsWith("xmtp_topic_tails{", StringComparison.Ordinal));
        return double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }));

    private static long Resident(ClusterProcesses cluster) => cluster.Silos.Sum(static silo => ProcessMemory.Resident(silo.Id));

    private static async Task<long> SettledAsync(ClusterProcesses cluster, long bound)
    {
        var sum = 0L;
        foreach (var silo in cluster.Silos) sum += await ProcessMemory.SettledAsync(silo, bound == long.MaxValue ? bound : bound / cluster.Silos.Count);
        return sum;
    }

    private static async Task<long> DeclaredDeadAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand("SELECT count(*) FROM cluster_member WHERE status = 6 OR suspicions <> ''", connection);
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
