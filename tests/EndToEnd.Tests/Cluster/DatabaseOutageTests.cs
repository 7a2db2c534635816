using System.Diagnostics;
using Google.Rpc;
using Grpc.Core;
using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.EndToEnd.Tests.Crashes;
using XmtpOrleans.Load.Workloads;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>The database of a running cluster goes away: every front says so at once, nobody ends, and it heals by itself.</summary>
public sealed class DatabaseOutageTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Bar = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BusyMachineBar = TimeSpan.FromSeconds(5);
    private static readonly bool IsMeasurement = Environment.GetEnvironmentVariable("XMTP_CLUSTER_MEASURE") is { Length: > 0 };

    private readonly GroupMessages _messages = ClusterProcesses.Messages(groups: 10);
    private readonly Witness _witness = new();
    private ulong _published;

    [Fact]
    public async Task Postgres_GoesThenFreezes_EveryFrontSaysSoStreamsStayAndAllHeals()
    {
        using var server = await PostgresServer.StartOwnAsync();
        await using var cluster = await ClusterProcesses.StartAsync(silos: 3, fronts: 2, gateways: 0, database: await server.CreateDatabaseAsync());
        ClusterProcess[] fronts = [.. cluster.Silos, .. cluster.Fronts];
        var clients = fronts.ToDictionary(static front => front, static front => new OperatorClient(front.Rpc));
        foreach (var client in clients.Values) await PublishAsync(client);
        // Not disposed: a stream that is still being read when an assertion fails would hide that assertion. The client's end closes it.
        var streams = clients.Values.Select(static client => client.FollowLogAsync(ClusterProcesses.NodeId, after: 5, CancellationToken.None)
            .GetAsyncEnumerator(TestContext.Current.CancellationToken)).ToList();
        foreach (var stream in streams) Assert.True(await stream.MoveNextAsync());
        var next = streams.ConvertAll(NextEnvelopeAsync);

        var limit = IsMeasurement ? Bar : BusyMachineBar;
        server.Kill();
        await CheckAwayAsync();
        await server.RestartAsync();
        await CheckBackAsync();

        server.Freeze();
        try
        {
            await CheckAwayAsync();
        }
        finally
        {
            server.Thaw();
        }

        await CheckBackAsync();
        foreach (var client in clients.Values)
        {
            _witness.Compare(ClusterProcesses.NodeId, await client.ReadLogAsync(ClusterProcesses.NodeId));
            client.Dispose();
        }

        Assert.Empty(_witness.Faults);

        async Task CheckBackAsync()
        {
            var back = Stopwatch.StartNew();
            foreach (var front in fronts) await front.WaitForReadinessAsync(isReady: true);
            output.WriteLine($"all ready {back.ElapsedMilliseconds} ms after PostgreSQL was back");
            await PublishPatientlyAsync(clients[fronts[^1]]);
            output.WriteLine($"published {back.ElapsedMilliseconds} ms after PostgreSQL was back");
            foreach (var stream in next) Assert.NotNull(_witness.Show("stream", await stream));
            next = streams.ConvertAll(NextEnvelopeAsync);
        }

        async Task CheckAwayAsync()
        {
            foreach (var front in fronts)
            {
                await IsUnavailableAsync(front, "publish", () => PublishAsync(clients[front]), limit);
                await IsUnavailableAsync(
                    front, "query by topic", () => clients[front].QueryTopicAsync(GroupMessages.Topic(0), ClusterProcesses.NodeId, after: 0), limit);
                await IsUnavailableAsync(front, "query by originator", () => clients[front].QueryLogAsync(ClusterProcesses.NodeId, after: 0), limit);
            }

            foreach (var front in fronts) await front.WaitForReadinessAsync(isReady: false);
            Assert.DoesNotContain(next, static stream => stream.IsCompleted);
            Assert.All(cluster.All, static process => Assert.True(process.IsRunning));
        }
    }

    private static async Task<byte[]> NextEnvelopeAsync(IAsyncEnumerator<IReadOnlyList<byte[]>> stream)
    {
        while (await stream.MoveNextAsync())
        {
            if (stream.Current.Count > 0) return stream.Current[0];
        }

        throw new EndOfStreamException();
    }

    private async Task IsUnavailableAsync(ClusterProcess front, string what, Func<Task> call, TimeSpan limit)
    {
        var since = Stopwatch.StartNew();
        var failure = await Assert.ThrowsAsync<RpcException>(call);
        output.WriteLine($"{front.Name}: {what} refused after {since.ElapsedMilliseconds} ms");
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.True(failure.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay.ToTimeSpan() > TimeSpan.Zero, $"no RetryInfo: {failure.Status}");
        Assert.True(since.Elapsed <= limit, $"{what} on {front.Name} was refused only after {since.Elapsed}");
    }

    private async Task PublishPatientlyAsync(OperatorClient client)
    {
        for (var since = Stopwatch.StartNew(); ; await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            try
            {
                await PublishAsync(client);
                return;
            }
            catch (RpcException failure) when (failure.StatusCode == StatusCode.Unavailable && since.Elapsed < TimeSpan.FromSeconds(20))
            {
                // As the client is told.
            }
        }
    }

    // What was refused is the next one again, as with any client.
    private async Task PublishAsync(OperatorClient client)
    {
        var envelope = _messages.PayerEnvelope((int)(_published % 10), _published);
        var answers = await client.PublishAsync(envelope);
        Assert.True(ParsedPayerEnvelope.TryParse(envelope, out var sent, out _));
        _witness.Acknowledge([sent.Client.Bytes.ToArray()], answers);
        _published++;
    }
}
