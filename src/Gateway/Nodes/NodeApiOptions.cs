using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace XmtpOrleans.Gateway.Nodes;

/// <summary>How this node answers its clients, gateways and peers.</summary>
public sealed class NodeApiOptions
{
    /// <summary>Configuration section.</summary>
    public const string SectionName = "NodeApi";

    /// <summary>Silence after which a stream sends a keep-alive frame. Default: 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan KeepAliveInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a publish waits for the chain positions it depends on to be stored here. Default: 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan DependencyWait { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Most envelopes in one publish request. Default: 1,000.</summary>
    [Range(1, 100_000)]
    public int MaxPublishEnvelopes { get; set; } = 1_000;

    /// <summary>Bytes of envelopes after which a query's page is cut; a shorter page is legal. Default: 20 MiB.</summary>
    [Range(1, 25 * 1024 * 1024)]
    public int MaxPageBytes { get; set; } = 20 * 1024 * 1024;

    /// <summary>Bytes of envelopes after which a stream starts another frame. Default: 2 MiB.</summary>
    [Range(1, 25 * 1024 * 1024)]
    public int MaxFrameBytes { get; set; } = 2 * 1024 * 1024;

    /// <summary>What <c>GetVersion</c> answers. Default: the product's version.</summary>
    [Required]
    public string Version { get; set; } = ProductVersion;

    private static string ProductVersion =>
        typeof(NodeApiOptions).Assembly.GetName().Version is { } version ? version.ToString(3) : "0.0.0";
}

[OptionsValidator]
internal sealed partial class NodeApiOptionsValidator : IValidateOptions<NodeApiOptions>;
