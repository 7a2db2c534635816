namespace XmtpOrleans.Protocol.Envelopes;

/// <summary>Who gives an envelope its place.</summary>
public enum PublishRoute
{
    /// <summary>Any node.</summary>
    Node,

    /// <summary>The chain, because all nodes need the same order: MLS commits and proposals, identity updates.</summary>
    Chain,
}
