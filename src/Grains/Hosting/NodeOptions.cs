using System.ComponentModel.DataAnnotations;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>Which node of the network this is.</summary>
public sealed class NodeOptions
{
    /// <summary>Where these options stand in the configuration.</summary>
    public const string SectionName = "Node";

    /// <summary>This node's originator id as registered: 100, 200, … No default.</summary>
    [Range(OriginatorId.FirstNode, OriginatorId.MaxValue)]
    public uint Id { get; set; }

    /// <summary>The id as the domain names it.</summary>
    public OriginatorId Originator => new(Id);
}
