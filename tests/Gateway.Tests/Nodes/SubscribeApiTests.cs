using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Xmtp.Xmtpv4.MessageApi;
using XmtpOrleans.Gateway.Nodes;
using XmtpOrleans.Gateway.Tests.Rpc;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using Status = Xmtp.Xmtpv4.MessageApi.SubscribeTopicsResponse.Types.SubscriptionStatus;

namespace XmtpOrleans.Gateway.Tests.Nodes;

public sealed class SubscribeApiTests
{
    [Fact]
    public async Task SubscribeTopics_StoreAwayDuringHistory_StaysOpenAndGoesOn()
    {
        await using var host = await StartAsync(new ScriptedFeed(
            new StoreException("away", innerException: null, isTransient: true), FeedStreamKind.CaughtUp, FeedStreamKind.FeedLost));

        using var call = host.Invoker().Stream();
        var (messages, status) = await call.ResponseStream.DrainAsync();

        Assert.Equal([Status.Started, Status.Waiting, Status.CatchupComplete], messages.Select(message => message.StatusUpdate.Status));
        Assert.Equal(StatusCode.Unavailable, status.StatusCode);
    }

    [Fact]
    public async Task SubscribeTopics_FirstFrameArrived_StreamIsRegistered()
    {
        var feed = new ScriptedFeed();
        await using var host = await StartAsync(feed);

        using var call = host.Invoker().Stream();
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

        Assert.Equal(1, feed.Opened);
    }

    private static async Task<RpcHost> StartAsync(ScriptedFeed feed)
    {
        var host = await RpcHost.StartAsync();
        var api = new SubscribeApi(feed, new MarksReader(), new NodeApiOptions(), new NoPauses(), NullLogger<SubscribeApi>.Instance);
        host.Api.OnServerStream = api.SubscribeTopicsAsync;
        return host;
    }

    /// <summary>Hands out what the test wrote down, then nothing until it is cancelled.</summary>
    private sealed class ScriptedFeed(params object[] script) : IFeed, IFeedStream
    {
        private readonly Queue<object> _script = new(script);

        public int Opened { get; private set; }

        public IFeedStream FollowTopics(IReadOnlyList<TopicPosition> topics)
        {
            Opened++;
            return this;
        }

        public IFeedStream FollowOriginators(IReadOnlyList<OriginatorId> originators, Cursor? after) => throw new NotSupportedException();

        public IFeedStream FollowAll() => throw new NotSupportedException();

        public IAsyncEnumerable<Cursor> FollowMarksAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<bool> WaitForAsync(Cursor marks, TimeSpan wait, CancellationToken cancellationToken) => throw new NotSupportedException();

        public async ValueTask<FeedStreamBatch> ReadAsync(TimeSpan idleAfter, CancellationToken cancellationToken)
        {
            if (!_script.TryDequeue(out var next)) await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return next is FeedStreamKind kind ? FeedStreamBatch.Of(kind) : throw (Exception)next!;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>A clock on which no delay takes time.</summary>
    private sealed class NoPauses : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : TimeSpan.Zero, period);
    }
}
