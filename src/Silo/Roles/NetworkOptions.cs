using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Silo.Roles;

/// <summary>The nodes of the network, for as long as no contract lists them.</summary>
internal sealed class NetworkOptions
{
    /// <summary>Configuration section.</summary>
    public const string SectionName = "Network";

    /// <summary>The nodes, each with <c>Id</c>, <c>Url</c> (what clients are told to connect to) and <c>SigningAddress</c> (of the key that signs its
    /// envelopes). At least one is needed. Default: none.</summary>
    public IList<ListedNode> Nodes { get; set; } = [];

    /// <summary>One node.</summary>
    internal sealed class ListedNode
    {
        /// <summary>Its originator id; text, because the binder drops a node with a number that is none without a word.</summary>
        public string Id { get; set; } = "";

        /// <summary>The same as an id; the default when it is no node's.</summary>
        internal OriginatorId Node => OriginatorId.TryParseNode(Id, out var node) ? node : default;

        /// <summary>Where clients and this process reach it; http or https.</summary>
        public string Url { get; set; } = "";

        /// <summary>Address of the key that signs its envelopes.</summary>
        public string SigningAddress { get; set; } = "";
    }
}
