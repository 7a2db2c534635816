using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>What all calls of one server share.</summary>
internal sealed partial class RpcServer(IOptions<RpcOptions> options, TimeProvider clock, ILogger<RpcServer> logger)
{
    private long _connections;

    /// <summary>Connections open now.</summary>
    public long Connections => Volatile.Read(ref _connections);

    public RpcOptions Options { get; } = options.Value;

    public TimeProvider Clock { get; } = clock;

    public ILogger Logger { get; } = logger;

    public SlowReaders SlowReaders { get; } = new(options.Value, clock);

    public TrustedProxies Proxies { get; } = new(options.Value.TrustedProxies);

    /// <summary>Serves a connection and counts it meanwhile.</summary>
    public async Task CountAsync(ConnectionContext connection, ConnectionDelegate serve)
    {
        Interlocked.Increment(ref _connections);
        try
        {
            await serve(connection);
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
        }
    }
}
