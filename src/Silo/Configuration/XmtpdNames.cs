using System.Globalization;

namespace XmtpOrleans.Silo.Configuration;

/// <summary>The names under which the reference's options stand in the environment (02 §25.3), so that operators can change programs without rewriting
/// their deployments.</summary>
internal static class XmtpdNames
{
    private const string Prefix = "XMTPD_";

    private static readonly Dictionary<string, Func<string, IEnumerable<KeyValuePair<string, string?>>>> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["API_PORT"] = To("Listen:Port"),
        ["API_SEND_KEEP_ALIVE_INTERVAL"] = Duration("NodeApi:KeepAliveInterval"),
        ["SIGNER_PRIVATE_KEY"] = To("Signer:Key"),
        ["PAYER_PRIVATE_KEY"] = To("Payer:Key"),
        ["PAYER_ENVELOPE_PUBLISH_TIMEOUT"] = Duration("Payer:AttemptTimeout"),
        ["PAYER_ENVELOPE_PUBLISH_RETRIES"] = To("Payer:MaxAttempts"),
        ["APP_CHAIN_MAX_BLOCKCHAIN_PAYLOAD_SIZE"] = To("Payer:MaxChainPayloadBytes"),
        ["DB_WRITER_CONNECTION_STRING"] = To("Postgres:ConnectionString"),
        ["DB_READ_TIMEOUT"] = Seconds("Postgres:ReadTimeoutSeconds"),
        ["DB_WRITE_TIMEOUT"] = Seconds("Postgres:CommitTimeoutSeconds"),
        ["DB_MAX_OPEN_CONNS"] = To("Postgres:ReaderConnections"),
        ["PAYER_NODE_SELECTOR_STRATEGY"] = To("Payer:NodeSelection"),
        ["PAYER_NODE_SELECTOR_PREFERRED_NODES"] = List("Payer:PreferredNodes"),
        ["PAYER_NODE_SELECTOR_CACHE_EXPIRY"] = Duration("Payer:LatencyExpiry"),
        ["PAYER_NODE_SELECTOR_CONNECT_TIMEOUT"] = Duration("Payer:LatencyTimeout"),
        ["RATE_LIMIT_TRUSTED_PROXY_CIDRS"] = List("Rpc:TrustedProxies"),
        ["METRICS_ADDRESS"] = To("Ops:Host"),
        ["METRICS_PORT"] = To("Ops:Port"),
        ["REFLECTION_ENABLE"] = To("Rpc:Reflection"),
        ["LOG_LEVEL"] = static value => [Setting("Logging:LogLevel:XmtpOrleans", LevelOf(value))],
    };

    /// <summary>The names that are understood, without <c>XMTPD_</c>, ascending.</summary>
    public static IEnumerable<string> Names => Known.Keys.Order(StringComparer.Ordinal);

    /// <summary>What an environment says in these names.</summary>
    public static (IReadOnlyList<KeyValuePair<string, string?>> Settings, IReadOnlyList<string> Faults, IReadOnlyList<string> Unused) Read(
        IReadOnlyDictionary<string, string> environment)
    {
        var (settings, faults, unused) = (new List<KeyValuePair<string, string?>>(), new List<string>(), new List<string>());
        foreach (var (name, value) in environment)
        {
            if (!name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || value.Length == 0) continue;
            if (!Known.TryGetValue(name[Prefix.Length..], out var convert))
            {
                unused.Add(name);
                continue;
            }

            try
            {
                settings.AddRange(convert(value));
            }
            catch (FormatException failure)
            {
                faults.Add($"{name} = {value}: {failure.Message}");
            }
        }

        return (settings, faults, unused);
    }

    private static KeyValuePair<string, string?> Setting(string key, string value) => KeyValuePair.Create<string, string?>(key, value);

    private static Func<string, IEnumerable<KeyValuePair<string, string?>>> To(string key) => value => [Setting(key, value)];

    private static Func<string, IEnumerable<KeyValuePair<string, string?>>> List(string key) => value => value
        .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select((each, at) => Setting($"{key}:{at}", each));

    private static Func<string, IEnumerable<KeyValuePair<string, string?>>> Duration(string key) =>
        value => [Setting(key, DurationOf(value).ToString("c", CultureInfo.InvariantCulture))];

    private static Func<string, IEnumerable<KeyValuePair<string, string?>>> Seconds(string key) =>
        value => [Setting(key, Math.Ceiling(DurationOf(value).TotalSeconds).ToString(CultureInfo.InvariantCulture))];

    private static TimeSpan DurationOf(string value) =>
        GoDuration.TryParse(value, out var duration) ? duration : throw new FormatException("not a time like 30s, 5m or 500ms");

    private static string LevelOf(string value) => value.ToUpperInvariant() switch
    {
        "DEBUG" => nameof(LogLevel.Debug),
        "INFO" => nameof(LogLevel.Information),
        "WARN" or "WARNING" => nameof(LogLevel.Warning),
        "ERROR" or "DPANIC" or "PANIC" or "FATAL" => nameof(LogLevel.Error),
        _ => throw new FormatException("not one of DEBUG, INFO, WARN, ERROR"),
    };
}
