using Orleans.Runtime;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>How a call to a grain fails without the grain's doing.</summary>
public static class GrainCallFailures
{
    /// <summary>Whether the call may succeed when it is made again: its silo is gone, or the grain moves. Orleans tells of a message that became too old while
    /// a grain was being placed as a cancellation, whoever cancelled nothing.</summary>
    public static bool IsPassing(Exception failure) => failure is OrleansException or TimeoutException or OperationCanceledException;
}
