using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using XmtpOrleans.Grains.Hosting;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Clients that do not read what was sent to them: what their answers hold, and how they are got rid of.</summary>
internal sealed class SlowReaders(RpcOptions options, TimeProvider clock)
{
    private const int Http2Cancel = 8;

    private readonly ConcurrentDictionary<ITimer, byte> _timers = [];

    /// <summary>Bytes of large answers that are being sent.</summary>
    public ByteBudget Held { get; } = new(options.MaxResponseBytesHeld);

    /// <summary>
    /// Breaks off a call that was ended for its client's slowness, once it had as long again to read its status. Until then the unread
    /// part stays in memory, and the status behind it.
    /// </summary>
    public void ResetLater(HttpContext http)
    {
        // The features outlive the context, but serve the next call on the same connection; the identifier tells.
        var identifier = http.Features.GetRequiredFeature<IHttpRequestIdentifierFeature>();
        var call = identifier.TraceIdentifier;
        var lifetime = http.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        var reset = HttpProtocol.IsHttp2(http.Request.Protocol) ? http.Features.Get<IHttpResetFeature>() : null;
        ITimer? timer = null;
        timer = clock.CreateTimer(
            _ =>
            {
                _timers.TryRemove(timer!, out var _);
                timer!.Dispose();
                if (identifier.TraceIdentifier != call) return;
                if (reset is not null) reset.Reset(Http2Cancel);
                else lifetime.Abort();
            },
            state: null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        _timers.TryAdd(timer, 0);
        timer.Change(options.StalledStreamTimeout, Timeout.InfiniteTimeSpan);
    }
}
