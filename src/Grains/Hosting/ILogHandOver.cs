namespace XmtpOrleans.Grains.Hosting;

/// <summary>What a silo does with its logs before it leaves.</summary>
public interface ILogHandOver
{
    /// <summary>Moves every log of this silo to another living one, and waits until others have noticed. From here on this silo places none on itself.
    /// Call it when readiness is off and calls are still taken: what comes meanwhile is forwarded. Does not fail; with nobody to take them over, and
    /// for what does not move in time, the logs end with their silo and come to life elsewhere at their next call.</summary>
    Task MoveAwayAsync(CancellationToken cancellationToken);
}
