using System.Buffers.Binary;
using System.Security.Cryptography;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>The network's mapping of topics to nodes (04 §3.1). All gateways share it, so that one topic has one originator.</summary>
internal static class StableSelection
{
    /// <summary>The order in which to try the nodes for a topic, as indexes of the list of nodes ascending by id.</summary>
    /// <param name="nodes">How many nodes there are.</param>
    /// <param name="identifier">The topic without its kind, so that key packages and welcomes of an installation meet.</param>
    public static IEnumerable<int> Order(int nodes, ReadOnlySpan<byte> identifier)
    {
        if (nodes == 0) return [];

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(identifier, hash);
        var spacing = uint.MaxValue / (uint)nodes;
        var interval = Math.Min(BinaryPrimitives.ReadUInt32BigEndian(hash) / spacing, (uint)nodes - 1);

        // The owner of a hash is the node after its interval, not the one it starts with.
        var first = (int)interval + 1;
        return Enumerable.Range(first, nodes).Select(index => index % nodes);
    }
}
