using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Runtime;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Hosting;

namespace XmtpOrleans.Grains.Topics;

[GrainType("xmtp.topic"), Reentrant, SpreadPlacement] // answers come from snapshots; only a first load and a wait for the feed are long
internal sealed class TopicGrain : IGrainBase, ITopicGrain
{
    private readonly TopicTail _tail;

    public TopicGrain(
        IGrainContext context, TopicTails tails, FeedHub hub, IOptions<TopicOptions> topics, IOptions<ReadingOptions> reading, TopicMetrics metrics)
    {
        GrainContext = context;
        _tail = new TopicTail(
            TopicKey.Parse(context.GrainId.Key.ToString()!), tails, hub, topics.Value, reading.Value.FeedWait, metrics);
    }

    public IGrainContext GrainContext { get; }

    public ValueTask<TopicReply> QueryAsync(TopicQuery query, CancellationToken cancellationToken) => EndIfFullAsync(_tail.QueryAsync(query, cancellationToken));

    public ValueTask<TopicReply> NewestAsync(TopicQuery query, CancellationToken cancellationToken) => EndIfFullAsync(_tail.NewestAsync(query, cancellationToken));

    public Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _tail.Close();
        return Task.CompletedTask;
    }

    private async ValueTask<TopicReply> EndIfFullAsync(ValueTask<TopicReply> answer)
    {
        var reply = await answer;
        if (reply.Status == TopicReplyStatus.Full) this.DeactivateOnIdle();
        return reply;
    }
}
