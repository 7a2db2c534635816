using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Simulation;

/// <summary>The sequencer's grain reference in one silo.</summary>
internal sealed class SequencerProxy(SimNode node, SimSilo? from) : ISequencerGrain
{
    public Task<AppendReply> AppendAsync(PublishBatch batch) =>
        node.Network.CallAsync(() => node.Cluster.Locate(SimNode.SequencerKey, from), silo => silo.AppendAsync(batch), TimeSpan.FromSeconds(2));

    public Task<FeedReply> ReadAsync(SequenceId after, int maxBytes, TimeSpan wait) =>
        node.Network.CallAsync(() => node.Cluster.Locate(SimNode.SequencerKey, from), silo => silo.ReadAsync(after, maxBytes, wait), TimeSpan.FromSeconds(3));

    public Task<SequenceId> HeadAsync() => throw new NotSupportedException();
}
