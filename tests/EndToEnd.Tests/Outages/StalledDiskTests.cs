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

/// <summary>The disk under the SQLite file hangs: no publish is answered as stored, all else goes on, and it heals when the disk comes back.</summary>
public sealed class StalledDiskTests(ITestOutputHelper output)
{
    private const int MaxOpenEnvelopes = 50;
    private const int Crowd = 400;

    // Of the machine, which may be busy, to send an answer that is due.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(3);

    private readonly GroupMessages _messages = new(TestKeys.Key(1), ClientLoad.Node, topics: 10, messageLength: 1_000, run: 1);
    private readonly Witness _witness = new();

    [Fact]
    public async Task Disk_HangsAndComesBack_PublishesAreUnavailableReadsAndStreamsGoOnAndItHeals()
    {
        using var folder = new TestFolder();
        using var tools = new TestFolder();
        var disk = await StalledDisk.BuildAsync(tools, folder.Path);
        await using var silo = disk.Under(new SiloProcess(folder.Path))
            .WithEnvironment("Sequencer__StorePatience", $"{Budget}").WithEnvironment("Publisher__MaxOpenEnvelopes", $"{MaxOpenEnvelopes}");
        await silo.StartAsync();
        using var client = new OperatorClient(silo.Node);
        using var reader = new OperatorClient(silo.Node);
        for (var number = 0; number < 5; number++) await PublishAsync(client, number);
        var before = await reader.ReadLogAsync(ClientLoad.Node);
        using var follower = new OperatorClient(silo.Node);
        // Not disposed: a stream that is still being read when an assertion fails would hide that assertion. The client's end closes it.
        var stream = follower.FollowLogAsync(ClientLoad.Node, (ulong)before.Count, CancellationToken.None)
            .GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await stream.MoveNextAsync());
        Assert.Empty(stream.Current);
        var streamed = ReadAsync(stream, 1 + Crowd);

        disk.Stall();
        var stalled = Stopwatch.StartNew();
        var first = RefusalAsync(client, 5);
        await disk.WaitForFlushAsync();
        // Far more than may wait: those that find no room are refused at once, and the others when their time is over.
        var crowd = Enumerable.Range(6, Crowd).Select(number => RefusalAsync(client, number)).ToArray();
        var refused = await Task.WhenAny(crowd);
        Assert.False(first.IsCompleted);
        IsUnavailable(await refused);

        Assert.Equal(before, await reader.ReadLogAsync(ClientLoad.Node)); // on another connection, and nothing that is not flushed
        using (var late = new OperatorClient(silo.Node))
        {
            // A stream that is opened now begins, and shows what is stored.
            var frames = late.FollowLogAsync(ClientLoad.Node, after: 0, CancellationToken.None)
                .GetAsyncEnumerator(TestContext.Current.CancellationToken);
            Assert.Equal(before, await ReadAsync(frames, before.Count));
        }

        foreach (var refusal in await Task.WhenAll([first, .. crowd])) IsUnavailable(refusal);
        output.WriteLine($"all refused {stalled.Elapsed} after the disk hung");
        Assert.InRange(stalled.Elapsed, TimeSpan.Zero, Budget + Slack);
        Assert.InRange(await OpenEnvelopesAsync(silo), 0, MaxOpenEnvelopes);
        await silo.WaitForReadinessAsync(isReady: false);
        IsUnavailable(await Assert.ThrowsAsync<RpcException>(client.CheckHealthAsync));
        IsUnavailable(await RefusalAsync(client, 5)); // again, as any client does
        Assert.Equal(before, await reader.ReadLogAsync(ClientLoad.Node));

        Assert.False(streamed.IsCompleted);

        disk.Resume();
        await silo.WaitForReadinessAsync(isReady: true);
        await client.CheckHealthAsync();
        for (var number = 5; number < 6 + Crowd; number++) await PublishAsync(client, number);
        var stored = await reader.ReadLogAsync(ClientLoad.Node);
        _witness.Compare(ClientLoad.Node, stored);
        Assert.Equal(6 + Crowd, stored.Count); // nothing lost, nothing twice
        Assert.Empty(_witness.Faults);
        Assert.Equal(stored.Skip(before.Count), await streamed); // the stream of before, without a gap
        Assert.Equal(0, (await silo.TerminateAsync()).Code);
    }

    private static async Task<List<byte[]>> ReadAsync(IAsyncEnumerator<IReadOnlyList<byte[]>> stream, int count)
    {
        var read = new List<byte[]>();
        while (read.Count < count)
        {
            if (!await stream.MoveNextAsync()) throw new EndOfStreamException();
            read.AddRange(stream.Current);
        }

        return read;
    }

    private static void IsUnavailable(RpcException refusal)
    {
        Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
        Assert.True(refusal.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay.ToTimeSpan() > TimeSpan.Zero, $"no RetryInfo: {refusal.Status}");
    }

    private async Task<RpcException> RefusalAsync(OperatorClient client, int number) =>
        await Assert.ThrowsAsync<RpcException>(() => client.PublishAsync(EnvelopeOf(number)));

    private async Task PublishAsync(OperatorClient client, int number)
    {
        var envelope = EnvelopeOf(number);
        var answers = await client.PublishAsync(envelope);
        Assert.True(ParsedPayerEnvelope.TryParse(envelope, out var sent, out _));
        _witness.Acknowledge([sent.Client.Bytes.ToArray()], answers);
    }

    private byte[] EnvelopeOf(int number) => _messages.PayerEnvelope(number % 10, (ulong)number);

    private static async Task<double> OpenEnvelopesAsync(SiloProcess silo)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var text = await http.GetStringAsync(new Uri(silo.Ops, "/metrics"), TestContext.Current.CancellationToken);
        var line = text.Split('\n').Single(static line => line.StartsWith("xmtp_publisher_open", StringComparison.Ordinal));
        return double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
