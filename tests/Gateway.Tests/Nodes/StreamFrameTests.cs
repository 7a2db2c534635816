using Google.Protobuf;
using Grpc.Core;
using Xmtp.Xmtpv4.Envelopes;
using Xmtp.Xmtpv4.MessageApi;
using Xmtp.Xmtpv4.MetadataApi;
using XmtpOrleans.Gateway.Tests.Rpc;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;
using Cursor = XmtpOrleans.Protocol.Cursors.Cursor;
using Status = Xmtp.Xmtpv4.MessageApi.SubscribeTopicsResponse.Types.SubscriptionStatus;

namespace XmtpOrleans.Gateway.Tests.Nodes;

public sealed class StreamFrameTests
{
    private static readonly Topic Group = Topic.Of(TopicKind.GroupMessages, new byte[16]);

    [Fact]
    public async Task Topics_HistoryThenSilence_StartsCatchesUpAndWaits()
    {
        await using var node = await NodeHost.StartAsync();
        using var call = OpenTopics(node, Group.Bytes.ToArray());

        Assert.Equal(Status.Started, (await NextAsync(call)).StatusUpdate.Status);
        node.Feed.Push(Entry(100));
        Assert.Single((await NextAsync(call)).Envelopes.Envelopes_);
        node.Feed.Push(FeedStreamKind.CaughtUp);
        Assert.Equal(Status.CatchupComplete, (await NextAsync(call)).StatusUpdate.Status);
        node.Feed.Push(FeedStreamKind.Idle);
        Assert.Equal(Status.Waiting, (await NextAsync(call)).StatusUpdate.Status);
        Assert.Equal(TimeSpan.FromSeconds(30), node.Feed.IdleAfter);
    }

    [Fact]
    public async Task Topics_LargeBatch_IsSplitAtTwoMebibytes()
    {
        await using var node = await NodeHost.StartAsync();
        using var call = OpenTopics(node, Group.Bytes.ToArray());
        await NextAsync(call);

        node.Feed.Push([.. Enumerable.Repeat(Entry(900_000), 5)]);

        Assert.Equal([2, 2, 1], new[] { await NextAsync(call), await NextAsync(call), await NextAsync(call) }.Select(static frame => frame.Envelopes.Envelopes_.Count));
    }

    [Fact]
    public async Task Topics_EnvelopeThatNoFrameHolds_IsLeftOutAndTheStreamGoesOn()
    {
        await using var node = await NodeHost.StartAsync();
        using var call = OpenTopics(node, Group.Bytes.ToArray());
        await NextAsync(call);

        node.Feed.Push(Entry(25 * 1024 * 1024), Entry(10));

        Assert.Equal(10, Assert.Single((await NextAsync(call)).Envelopes.Envelopes_).UnsignedOriginatorEnvelope.Length);
    }

    [Fact]
    public async Task Topics_FeedIsBehind_EndsWithUnavailable()
    {
        await using var node = await NodeHost.StartAsync();
        using var call = OpenTopics(node, Group.Bytes.ToArray());

        node.Feed.Push(FeedStreamKind.FeedLost);

        Assert.Equal(StatusCode.Unavailable, (await call.ResponseStream.DrainAsync()).Status.StatusCode);
    }

    [Fact]
    public async Task Topics_NoFilters_StartsAndStaysOpen()
    {
        await using var node = await NodeHost.StartAsync();
        using var call = OpenTopics(node);

        Assert.Equal(Status.Started, (await NextAsync(call)).StatusUpdate.Status);
        node.Feed.Push(FeedStreamKind.Idle);
        Assert.Equal(Status.Waiting, (await NextAsync(call)).StatusUpdate.Status);
    }

    [Fact]
    public async Task Topics_TheSameTwice_TheFirstFilterCounts()
    {
        await using var node = await NodeHost.StartAsync();
        var request = new SubscribeTopicsRequest
        {
            Filters =
            {
                new SubscribeTopicsRequest.Types.TopicFilter { Topic = ByteString.CopyFrom(Group.Bytes.Span), LastSeen = At(7) },
                new SubscribeTopicsRequest.Types.TopicFilter { Topic = ByteString.CopyFrom(Group.Bytes.Span), LastSeen = At(9) },
                new SubscribeTopicsRequest.Types.TopicFilter { Topic = ByteString.CopyFrom(0xFF, 0xFF) }, // legal, and gets nothing
            },
        };
        using var call = node.Open<SubscribeTopicsRequest, SubscribeTopicsResponse>(NodeHost.SubscribeTopics, request);
        node.Feed.Push(FeedStreamKind.Idle);
        await NextAsync(call);
        await NextAsync(call);

        Assert.Equal(new SequenceId(7), Assert.Single(node.Feed.Topics).After[NodeHost.Self]);
    }

    [Theory]
    [InlineData(false, 42)] // only what comes from now on
    [InlineData(true, 0)] // from the beginning
    public async Task Envelopes_CursorOrNone_DecidesWhereTheyBegin(bool hasCursor, ulong start)
    {
        await using var node = await NodeHost.StartAsync();
        node.Reader.Marks = Cursor.Of(NodeHost.Self, new SequenceId(42));
        var request = new SubscribeEnvelopesRequest { Query = new EnvelopesQuery { Topics = { ByteString.CopyFrom(Group.Bytes.Span) } } };
        if (hasCursor) request.Query.LastSeen = new Xmtp.Xmtpv4.Envelopes.Cursor();
        using var call = node.Open<SubscribeEnvelopesRequest, SubscribeEnvelopesResponse>(NodeHost.SubscribeEnvelopes, request);
        node.Feed.Push(Entry(10));

        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Empty(call.ResponseStream.Current.Envelopes);
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Single(call.ResponseStream.Current.Envelopes);
        Assert.Equal(new SequenceId(start), Assert.Single(node.Feed.Topics).After[NodeHost.Self]);
    }

    [Fact]
    public async Task SyncCursor_NothingChanges_IsRepeatedEveryThirtySeconds()
    {
        await using var node = await NodeHost.StartAsync();
        using var call = node.Open<GetSyncCursorRequest, GetSyncCursorResponse>(NodeHost.SyncCursor, new GetSyncCursorRequest());
        node.Feed.PushMarks(Cursor.Of(NodeHost.Self, new SequenceId(1)));
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        var since = node.Clock.GetUtcNow();

        Assert.True(await node.Clock.PassUntilAsync(call.ResponseStream.MoveNext(TestContext.Current.CancellationToken)));

        Assert.Equal(1ul, call.ResponseStream.Current.LatestSync.NodeIdToSequenceId[100]);
        Assert.True(node.Clock.GetUtcNow() - since >= TimeSpan.FromSeconds(30));
    }

    private static AsyncServerStreamingCall<SubscribeTopicsResponse> OpenTopics(NodeHost node, params byte[][] topics)
    {
        var request = new SubscribeTopicsRequest();
        request.Filters.AddRange(topics.Select(static topic => new SubscribeTopicsRequest.Types.TopicFilter { Topic = ByteString.CopyFrom(topic) }));
        return node.Open<SubscribeTopicsRequest, SubscribeTopicsResponse>(NodeHost.SubscribeTopics, request);
    }

    private static async Task<SubscribeTopicsResponse> NextAsync(AsyncServerStreamingCall<SubscribeTopicsResponse> call)
    {
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        return call.ResponseStream.Current;
    }

    private static Xmtp.Xmtpv4.Envelopes.Cursor At(ulong sequence) => new() { NodeIdToSequenceId = { [NodeHost.Self.Value] = sequence } };

    private static LogEntry Entry(int length) => new()
    {
        Originator = NodeHost.Self,
        Sequence = new SequenceId(1),
        OriginatorNs = 1,
        ArrivalUs = 1,
        ExpirySeconds = LogEntry.NeverExpires,
        Topic = Group,
        Bytes = new OriginatorEnvelope { UnsignedOriginatorEnvelope = ByteString.CopyFrom(new byte[length]) }.ToByteArray(),
    };
}
