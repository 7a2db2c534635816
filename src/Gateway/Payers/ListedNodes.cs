using Xmtp.Xmtpv4.PayerApi;
using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Tells clients which nodes they may read from. Every client asks at its start, and keeps the node it takes for life.</summary>
internal sealed class ListedNodes(NodeDirectory nodes, NodeHealth health, PayerMetrics metrics)
{
    private volatile Answer? _last;

    /// <summary>The nodes that are healthy now.</summary>
    /// <exception cref="RpcRefusalException">There are none; an empty answer would make clients give up for good.</exception>
    public async Task<ReadyMessage> GetAsync(CancellationToken cancellationToken)
    {
        await health.FirstRound.WaitAsync(cancellationToken);
        var links = nodes.Healthy;
        metrics.Listed(links.Count);
        if (links.Count == 0) throw RpcErrors.Unavailable("no available nodes");

        var last = _last;
        if (last is null || !last.Links.SequenceEqual(links)) _last = last = new Answer(links, Encode(links));
        return last.Message;
    }

    private static ReadyMessage Encode(IReadOnlyList<NodeLink> links)
    {
        var response = new GetNodesResponse();
        foreach (var link in links)
        {
            response.Nodes[link.Id.Value] = link.Node.Url.OriginalString; // exactly as registered
        }

        return ReadyMessage.Encode(response);
    }

    private sealed record Answer(IReadOnlyList<NodeLink> Links, ReadyMessage Message);
}
