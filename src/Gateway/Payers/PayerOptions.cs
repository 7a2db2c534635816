using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>How the payer gateway publishes for its clients.</summary>
public sealed class PayerOptions
{
    /// <summary>Configuration section.</summary>
    public const string SectionName = "Payer";

    /// <summary>How the node is chosen: <c>Stable</c>, <c>Manual</c>, <c>Ordered</c>, <c>Random</c> or <c>Closest</c>
    /// (<c>XMTPD_PAYER_NODE_SELECTOR_STRATEGY</c>). Default: <c>Stable</c>.</summary>
    public NodeSelection NodeSelection { get; set; }

    /// <summary>Ids of the nodes that <c>Manual</c> and <c>Ordered</c> take, first to last, and among which <c>Closest</c> chooses
    /// (<c>XMTPD_PAYER_NODE_SELECTOR_PREFERRED_NODES</c>). Default: none.</summary>
    /// <remarks>Text, because the binder drops an element that is no number without a word.</remarks>
    public IList<string> PreferredNodes { get; set; } = [];

    /// <summary>The same as ids, each once.</summary>
    internal IEnumerable<OriginatorId> PreferredIds => PreferredNodes.Select(static text => OriginatorId.TryParseNode(text, out var id) ? id : default).Distinct();

    /// <summary>How long what <c>Closest</c> measured counts (<c>XMTPD_PAYER_NODE_SELECTOR_CACHE_EXPIRY</c>). Default: 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan LatencyExpiry { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Time a node gets to take a connection when <c>Closest</c> measures it (<c>XMTPD_PAYER_NODE_SELECTOR_CONNECT_TIMEOUT</c>).
    /// Default: 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan LatencyTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Time for a whole publish request, whatever its client allows. Default: 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Time a node gets for one attempt (<c>XMTPD_PAYER_ENVELOPE_PUBLISH_TIMEOUT</c>). Default: 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Nodes tried for a request at most, each anew when none could be reached (<c>XMTPD_PAYER_ENVELOPE_PUBLISH_RETRIES</c>). Default: 5.</summary>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 5;

    /// <summary>How long a publish waits for a node that has just gone away to come back, when none can be reached; one that has been away for longer
    /// is not waited for. Default: 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan ReconnectTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Most envelopes in one request. Default: 1,000.</summary>
    [Range(1, 100_000)]
    public int MaxEnvelopes { get; set; } = 1_000;

    /// <summary>Largest client envelope sent to the chain, in bytes; zero leaves it to the chain
    /// (<c>XMTPD_APP_CHAIN_MAX_BLOCKCHAIN_PAYLOAD_SIZE</c>). Default: 200,000.</summary>
    [Range(0, int.MaxValue)]
    public int MaxChainPayloadBytes { get; set; } = 200_000;

    /// <summary>How long nodes may take to show what a chain-bound publish needs: its inbox before, and what they stored after it. Default: 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan ReadTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Pause between two rounds of health checks. Default: 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan HealthInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Time a node gets to answer a health check. Default: 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan HealthTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a node stays listed after it was last seen healthy. Must exceed the interval and timeout of the checks together.
    /// Default: 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan HealthyFor { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an identical client envelope is the same publish. Default: 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan RememberFor { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Bytes of answers kept for identical client envelopes; the oldest go first. Default: 64 MiB.</summary>
    [Range(0, int.MaxValue)]
    public int MaxRememberedBytes { get; set; } = 64 * 1024 * 1024;
}

[OptionsValidator]
internal sealed partial class PayerOptionsValidator : IValidateOptions<PayerOptions>;

internal sealed class PayerOptionsRules : IValidateOptions<PayerOptions>
{
    public ValidateOptionsResult Validate(string? name, PayerOptions options)
    {
        string[] faults = [.. Faults(options)];
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static IEnumerable<string> Faults(PayerOptions options)
    {
        if (options.HealthyFor <= options.HealthInterval + options.HealthTimeout)
        {
            yield return $"Payer:HealthyFor {options.HealthyFor} must exceed HealthInterval {options.HealthInterval} and HealthTimeout {options.HealthTimeout} together.";
        }

        if (!Enum.IsDefined(options.NodeSelection))
        {
            yield return $"Payer:NodeSelection = {options.NodeSelection}: give one of {string.Join(", ", Enum.GetNames<NodeSelection>())}";
        }

        if (options.NodeSelection is NodeSelection.Manual or NodeSelection.Ordered && options.PreferredNodes.Count == 0)
        {
            yield return $"Payer:NodeSelection = {options.NodeSelection}: needs at least one node in Payer:PreferredNodes";
        }

        foreach (var text in options.PreferredNodes.Where(static text => !OriginatorId.TryParseNode(text, out _)))
        {
            yield return $"Payer:PreferredNodes has {text}: not a node's id; they are 100, 200, …";
        }
    }
}
