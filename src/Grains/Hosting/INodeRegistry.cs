namespace XmtpOrleans.Grains.Hosting;

/// <summary>The registered nodes of the network.</summary>
public interface INodeRegistry
{
    /// <summary>The nodes as last read. Read once per request and keep the value.</summary>
    IReadOnlyList<RegisteredNode> Current { get; }
}
