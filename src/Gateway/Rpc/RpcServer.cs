using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>What all calls of one server share.</summary>
internal sealed partial class RpcServer(IOptions<RpcOptions> options, TimeProvider clock, ILogger<RpcServer> logger)
{
    public RpcOptions Options { get; } = options.Value;

    public TimeProvider Clock { get; } = clock;

    public ILogger Logger { get; } = logger;

    public SlowReaders SlowReaders { get; } = new(options.Value, clock);

    public TrustedProxies Proxies { get; } = new(options.Value.TrustedProxies);
}
