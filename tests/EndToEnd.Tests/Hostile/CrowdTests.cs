using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Xmtp.Xmtpv4.MessageApi;
using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.Load.Workloads;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Hostile;

/// <summary>Many clients that hold something and give nothing: the process stays, gives the memory back, and serves others meanwhile.</summary>
public sealed class CrowdTests(RunningSilo running, ITestOutputHelper output) : IClassFixture<RunningSilo>
{
    private const string SubscribeTopics = "xmtp.xmtpv4.message_api.QueryApi/SubscribeTopics";
    private const string QueryEnvelopes = "xmtp.xmtpv4.message_api.QueryApi/QueryEnvelopes";
    private const string Reflection = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    private const int StreamsOfAConnection = 200;
    private const int HalfOpenConnections = 300;
    private const int Askers = 8;
    private const long MemoryMargin = 150L * 1024 * 1024;

    // What the process may keep of clients that are gone: a few blocks of a pool for each stream, and what a run differs from another.
    private const long SlowStreamMargin = 12 * 1024;
    private const long SlowStreamsMargin = 34L * 1024 * 1024;

    // More on demand.
    private static readonly int SlowStreams = Setting("XMTP_SLOW_STREAMS") ?? 1_000;
    private static readonly int TouchedTopics = Setting("XMTP_TOUCHED_TOPICS") ?? 20_000;

    [Fact]
    public async Task Streams_ThousandThatNeverRead_OthersAreServedAndMemoryComesBack()
    {
        await using var victim = new Victim(running.Silo.Node);
        await victim.ServedAsync(20);
        var before = await ProcessMemory.SettledAsync(running.Silo, bound: long.MaxValue);
        using (var streams = new CancellationTokenSource())
        {
            var clients = new List<RawClient>();
            var request = new SubscribeTopicsRequest
            {
                Filters = { new SubscribeTopicsRequest.Types.TopicFilter { Topic = ByteString.CopyFrom(GroupMessages.Topic(5)) } },
            }.ToByteArray();
            for (var opened = 0; opened < SlowStreams; opened += StreamsOfAConnection)
            {
                var client = new RawClient(running.Silo.Node);
                clients.Add(client);
                var calls = Enumerable.Range(0, StreamsOfAConnection).Select(_ => client.Open(SubscribeTopics, request, streams.Token)).ToList();
                await Task.WhenAll(calls.Select(static call => call.ResponseHeadersAsync));
            }

            // Far more than what flow control lets through unread.
            var messages = new GroupMessages(TestKeys.Key(4), Requests.Node, topics: 10, messageLength: 4_000, run: 78);
            using var publisher = new OperatorClient(running.Silo.Node);
            for (var number = 0ul; number < 200; number += 10)
            {
                await publisher.PublishAsync([.. Enumerable.Range(0, 10).Select(at => messages.PayerEnvelope(5, number + (ulong)at))]);
            }

            await victim.ServedAsync(50);
            output.WriteLine($"before {before >> 20} MB, with them {await ProcessMemory.SettledAsync(running.Silo, long.MaxValue) >> 20} MB");
            await streams.CancelAsync();
            clients.ForEach(static client => client.Dispose());
        }

        var bound = before + SlowStreamsMargin + SlowStreams * SlowStreamMargin;
        var after = await ProcessMemory.SettledAsync(running.Silo, bound);
        output.WriteLine($"after them {after >> 20} MB");
        Assert.InRange(after, 0, bound);
        await victim.ServedAsync(20);
    }

    [Fact]
    public async Task Topics_ManyTouchedOnce_OthersAreServedAndMemoryComesBack()
    {
        await using var victim = new Victim(running.Silo.Node);
        await victim.ServedAsync(20);
        var before = await ProcessMemory.SettledAsync(running.Silo, bound: long.MaxValue);

        await Task.WhenAll(Enumerable.Range(0, Askers).Select(TouchAsync));

        Assert.InRange(await ProcessMemory.SettledAsync(running.Silo, before + MemoryMargin), 0, before + MemoryMargin);
        await victim.ServedAsync(20);
    }

    [Fact]
    public async Task Duplex_IdleOnABusyConnection_HoldsNobodyUp()
    {
        using var client = new RawClient(running.Silo.Node);
        using var idle = client.OpenDuplex(Reflection);
        await idle.RequestStream.WriteAsync([0x3A, 0x00], TestContext.Current.CancellationToken); // lists the services
        Assert.True(await idle.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

        for (var round = 0; round < 50; round++)
        {
            var statuses = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.StatusAsync(QueryEnvelopes, Requests.Query(Requests.ByTopics(3)))));
            Assert.All(statuses, static status => Assert.Equal(StatusCode.OK, status.StatusCode));
        }

        await idle.RequestStream.WriteAsync([0x3A, 0x00], TestContext.Current.CancellationToken);
        Assert.True(await idle.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        await idle.RequestStream.CompleteAsync();
        Assert.False(await idle.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Connections_HalfOpen_OthersAreServed()
    {
        byte[][] beginnings =
        [
            [],
            "PRI * HT"u8.ToArray(),
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(),
            [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 200, 1, 0, 0, 0, 0, 1, 0x82], // headers that never end
            "POST /xmtp.xmtpv4.message_api.QueryApi/QueryEnvelopes HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc-web\r\nContent-Length: 100\r\n\r\n0"u8.ToArray(),
        ];
        await using var victim = new Victim(running.Silo.Node);
        var sockets = new List<Socket>();
        try
        {
            for (var number = 0; number < HalfOpenConnections; number++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(socket);
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, running.Silo.Node.Port), TestContext.Current.CancellationToken);
                await socket.SendAsync(beginnings[number % beginnings.Length], TestContext.Current.CancellationToken);
            }

            await victim.ServedAsync(50);
        }
        finally
        {
            sockets.ForEach(static socket => socket.Dispose());
        }
    }

    private static int? Setting(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : null;

    private async Task TouchAsync(int asker)
    {
        using var client = new RawClient(running.Silo.Node);
        for (var number = asker; number < TouchedTopics; number += Askers)
        {
            var query = new EnvelopesQuery { Topics = { ByteString.CopyFrom(GroupMessages.Topic(1_000_000 + number)) } };
            Assert.Empty(await client.CallAsync(QueryEnvelopes, Requests.Query(query)));
        }
    }
}
