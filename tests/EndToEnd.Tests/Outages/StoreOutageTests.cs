using System.Diagnostics;
using Google.Rpc;
using Grpc.Core;
using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.EndToEnd.Tests.Crashes;
using XmtpOrleans.EndToEnd.Tests.Processes;
using XmtpOrleans.Load.Workloads;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Outages;

/// <summary>The store goes away under a running node and comes back: callers are told to come again, health says so, and it heals by itself.</summary>
public sealed class StoreOutageTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Bar = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BusyMachineBar = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(2); // of the feed: streams must outlive it

    private readonly GroupMessages _messages = new(TestKeys.Key(1), ClientLoad.Node, topics: 10, messageLength: 4_000, run: 1);
    private readonly Witness _witness = new();
    private ulong _published;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Postgres_GoesOrFreezesAndComesBack_CallsAreUnavailableStreamsStayAndItHeals(bool freezes)
    {
        using var folder = new TestFolder();
        using var server = await PostgresServer.StartOwnAsync();
        await using var silo = new SiloProcess(folder.Path, await server.CreateDatabaseAsync()).WithEnvironment("Feed__LostAfter", $"{LostAfter}");
        await silo.StartAsync();
        using var client = new OperatorClient(silo.Node);
        await PublishAsync(client);
        using var follower = new OperatorClient(silo.Node);
        // Not disposed: a stream that is still being read when an assertion fails would hide that assertion. The client's end closes it.
        var stream = follower.FollowLogAsync(ClientLoad.Node, after: 1, CancellationToken.None)
            .GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await stream.MoveNextAsync());
        Assert.Empty(stream.Current);
        var next = NextEnvelopeAsync(stream);

        var gone = Stopwatch.StartNew();
        if (freezes) server.Freeze();
        else server.Kill();
        try
        {
            await IsUnavailableInTimeAsync("publish", () => PublishAsync(client));
            await IsUnavailableInTimeAsync("query", () => client.QueryLogAsync(ClientLoad.Node, after: 0));
            await silo.WaitForReadinessAsync(isReady: false);
            output.WriteLine($"not ready {gone.ElapsedMilliseconds} ms after PostgreSQL was gone");
            await IsUnavailableAsync(() => PublishAsync(client));
            await IsUnavailableAsync(() => client.QueryLogAsync(ClientLoad.Node, after: 0));
            await IsUnavailableAsync(client.CheckHealthAsync);
            await Task.Delay(LostAfter - gone.Elapsed is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero, TestContext.Current.CancellationToken);
            Assert.False(next.IsCompleted);
        }
        finally
        {
            if (freezes) server.Thaw();
        }

        if (!freezes) await server.RestartAsync();
        var back = Stopwatch.StartNew();
        await silo.WaitForReadinessAsync(isReady: true);
        output.WriteLine($"ready {back.ElapsedMilliseconds} ms after PostgreSQL was back");
        await client.CheckHealthAsync();
        await PublishPatientlyAsync(client);

        Assert.NotNull(_witness.Show("stream", await next));
        await CompareAsync(client);
    }

    [Fact]
    public async Task Disk_IsFullAndHasSpaceAgain_PublishesStopReadsGoOnAndItHeals()
    {
        using var folder = new TestFolder();
        using var disk = SmallDisk.Create(folder.Path, "24m");
        await using var silo = new SiloProcess(disk.Path, launcher: disk.Launcher);
        await silo.StartAsync();
        using var client = new OperatorClient(silo.Node);
        await PublishAsync(client);

        disk.Fill();
        await IsUnavailableAsync(() => PublishUntilRefusedAsync(client));
        await silo.WaitForReadinessAsync(isReady: false);
        await IsUnavailableAsync(client.CheckHealthAsync);
        await CompareAsync(client);

        disk.Free();
        await silo.WaitForReadinessAsync(isReady: true);
        await client.CheckHealthAsync();
        await PublishAsync(client);
        await CompareAsync(client);

        disk.Fill();
        await IsUnavailableAsync(() => PublishUntilRefusedAsync(client));
        await silo.KillAsync();
        disk.Free();
        await silo.StartAsync();
        await PublishAsync(client);
        await CompareAsync(client);
    }

    private static async Task<byte[]> NextEnvelopeAsync(IAsyncEnumerator<IReadOnlyList<byte[]>> stream)
    {
        while (await stream.MoveNextAsync())
        {
            if (stream.Current.Count > 0) return stream.Current[0];
        }

        throw new EndOfStreamException();
    }

    private async Task IsUnavailableInTimeAsync(string what, Func<Task> call)
    {
        var since = Stopwatch.StartNew();
        await IsUnavailableAsync(call);
        output.WriteLine($"{what} refused after {since.ElapsedMilliseconds} ms{(since.Elapsed > Bar ? ": more than it should take, unless the machine is busy" : "")}");
        Assert.True(since.Elapsed <= BusyMachineBar, $"{what} was refused only after {since.Elapsed}");
    }

    // A log whose commit failed may wait for its activation to be fenced and to come back.
    private async Task PublishPatientlyAsync(OperatorClient client)
    {
        for (var since = Stopwatch.StartNew(); ; await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            try
            {
                await PublishAsync(client);
                output.WriteLine($"published {since.ElapsedMilliseconds} ms after that");
                return;
            }
            catch (RpcException failure) when (failure.StatusCode == StatusCode.Unavailable && since.Elapsed < TimeSpan.FromSeconds(20))
            {
                // As the client is told.
            }
        }
    }

    private static async Task IsUnavailableAsync(Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.True(failure.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay.ToTimeSpan() > TimeSpan.Zero, $"no RetryInfo: {failure.Status}");
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

    private async Task PublishUntilRefusedAsync(OperatorClient client)
    {
        for (var attempt = 0; attempt < 10_000; attempt++) await PublishAsync(client);
    }

    private async Task CompareAsync(OperatorClient client)
    {
        _witness.Compare(ClientLoad.Node, await client.ReadLogAsync(ClientLoad.Node));
        Assert.Empty(_witness.Faults);
    }
}
