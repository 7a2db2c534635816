using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Puts the nodes in the order in which a publish tries them, as the configured strategy has it.</summary>
internal sealed class NodeSelector(IOptions<PayerOptions> options, NodeLatencies latencies)
{
    /// <summary>What a client is told when there is no node to try.</summary>
    public string NoneText => options.Value.NodeSelection == NodeSelection.Manual ? "no available manual nodes" : "no available nodes";

    /// <summary>The nodes to try, the first one first.</summary>
    /// <param name="links">All nodes, ascending by id.</param>
    /// <param name="identifier">The topic without its kind.</param>
    public IReadOnlyList<NodeLink> Order(IReadOnlyList<NodeLink> links, ReadOnlySpan<byte> identifier) => options.Value.NodeSelection switch
    {
        NodeSelection.Manual => Preferred(links),
        NodeSelection.Ordered => [.. Preferred(links).Union(links)],
        NodeSelection.Random => Shuffled(links),
        NodeSelection.Closest => [.. latencies.Candidates(links).OrderBy(latencies.Of)], // stable: equal ones, and those not measured, by id
        _ => [.. StableSelection.Order(links.Count, identifier).Select(index => links[index])],
    };

    private List<NodeLink> Preferred(IReadOnlyList<NodeLink> links) =>
        [.. options.Value.PreferredIds.SelectMany(id => links.Where(link => link.Id == id))];

    private static NodeLink[] Shuffled(IReadOnlyList<NodeLink> links)
    {
        NodeLink[] shuffled = [.. links];
        RandomNumberGenerator.Shuffle(shuffled.AsSpan());
        return shuffled;
    }
}
