using System.ComponentModel.DataAnnotations;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>How calls are served.</summary>
public sealed class RpcOptions
{
    public const string SectionName = "Rpc";

    /// <summary>Largest message taken or given, in bytes, after decompression too. Part of the protocol, so not an option.</summary>
    public const int MaxMessageBytes = 25 * 1024 * 1024;

    /// <summary>Address ranges (CIDR) of proxies whose <c>x-forwarded-for</c> is believed. Default: none.</summary>
    public string[] TrustedProxies { get; set; } = [];

    /// <summary>Streams open at once in this process; more are refused with <c>ResourceExhausted</c>. Default: 100000.</summary>
    [Range(1, int.MaxValue)]
    public int MaxOpenStreams { get; set; } = 100_000;

    /// <summary>Streams open at once from one client address (IPv6: one /64). Default: 10000.</summary>
    [Range(1, int.MaxValue)]
    public int MaxOpenStreamsPerClient { get; set; } = 10_000;

    /// <summary>Calls of any kind at once on one HTTP/2 connection; more are refused by the protocol itself. Default: 250.</summary>
    [Range(1, 10_000)]
    public int MaxCallsPerConnection { get; set; } = 250;

    /// <summary>Connections open at once; more are closed as they come. Default: 20000.</summary>
    [Range(1, int.MaxValue)]
    public int MaxConnections { get; set; } = 20_000;

    /// <summary>Bytes of large requests held at once in this process; more are refused with <c>Unavailable</c>. Default: 256 MiB.</summary>
    [Range(MaxMessageBytes, long.MaxValue)]
    public long MaxRequestBytesHeld { get; set; } = 256 * 1024 * 1024;

    /// <summary>
    /// Bytes of large answers being sent at once in this process; more are refused with <c>Unavailable</c>. Default: 256 MiB.
    /// </summary>
    [Range(MaxMessageBytes, long.MaxValue)]
    public long MaxResponseBytesHeld { get; set; } = 256 * 1024 * 1024;

    /// <summary>Time for the one request message of a call to arrive; never applied to later messages of a stream. Default: 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan RequestReadTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Time a client may read nothing while messages wait for it; then its stream ends with <c>Aborted</c>, and is reset after as
    /// long again. Default: 60 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan StalledStreamTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Time over which the open streams are ended when the server stops. Default: 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan DrainTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Time a new connection may stay silent before its protocol is known, and time for request headers. Default: 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan HeadersTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Time after which a connection without calls is closed. Default: 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan IdleConnectionTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Serves reflection, so that tools can list methods. Default: off.</summary>
    public bool Reflection { get; set; }

    /// <summary>Logs every request. Costs four times the call itself. Default: off.</summary>
    public bool LogRequests { get; set; }
}
