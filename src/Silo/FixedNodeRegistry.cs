using XmtpOrleans.Grains.Hosting;

namespace XmtpOrleans.Silo;

/// <summary>The nodes of a network whose members are known when it starts.</summary>
internal sealed class FixedNodeRegistry(IReadOnlyList<RegisteredNode> nodes) : INodeRegistry
{
    public IReadOnlyList<RegisteredNode> Current => nodes;
}
