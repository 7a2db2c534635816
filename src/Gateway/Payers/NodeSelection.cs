namespace XmtpOrleans.Gateway.Payers;

/// <summary>How the payer gateway chooses the node that orders a topic's messages (04 §3).</summary>
public enum NodeSelection
{
    /// <summary>The network's mapping of topics to nodes: gateways that use it have one originator for one topic.</summary>
    Stable,

    /// <summary>The preferred nodes in their order, and no other.</summary>
    Manual,

    /// <summary>The preferred nodes in their order, then the others by id.</summary>
    Ordered,

    /// <summary>Any node, chosen anew for each request.</summary>
    Random,

    /// <summary>The node that takes a connection fastest.</summary>
    Closest,
}
