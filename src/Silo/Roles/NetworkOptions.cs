using System.Globalization;
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

        /// <summary>The same as a number; zero when it is no node's id.</summary>
        internal uint Number => uint.TryParse(Id, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id is >= OriginatorId.FirstNode and <= OriginatorId.MaxValue ? id : 0;

        /// <summary>Where clients and this process reach it; http or https.</summary>
        public string Url { get; set; } = "";

        /// <summary>Address of the key that signs its envelopes.</summary>
        public string SigningAddress { get; set; } = "";
    }
}
