using Orleans.Concurrency;

namespace XmtpOrleans.Grains.Originators;

/// <summary>The log of a chain contract (originators 0 and 1): follows the chain and keeps what it orders.</summary>
[Alias("xmtp.chain-log")]
public interface IChainLogGrain : IOriginatorLog
{
    /// <summary>Keeps the log alive and following; every silo names it every few seconds.</summary>
    [AlwaysInterleave, Alias("follow")]
    Task FollowAsync();
}
