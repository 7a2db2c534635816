using Orleans.Runtime;

namespace XmtpOrleans.Simulation;

/// <summary>Carries calls between processes: late, lost, or twice, before or after they took effect.</summary>
internal sealed class SimNetwork(World world, Faults faults)
{
    private readonly SimTurns _turns = new(world, "network");
    private readonly SimClock _clock = new(world);

    public bool IsHealed { get; set; }

    /// <summary>Calls what lives where <paramref name="locate"/> says once the call gets there.</summary>
    public async Task<T> CallAsync<TProcess, T>(Func<TProcess> locate, Func<TProcess, Task<T>> invoke, TimeSpan timeout)
        where TProcess : SimProcess
    {
        var reply = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var carried = _turns.RunAsync(() => CarryAsync(locate, invoke, reply));
        await using var timer = _clock.CreateTimer(
            _ => reply.TrySetException(new TimeoutException()), state: null, timeout, Timeout.InfiniteTimeSpan);
        return await reply.Task;
    }

    private async Task CarryAsync<TProcess, T>(Func<TProcess> locate, Func<TProcess, Task<T>> invoke, TaskCompletionSource<T> reply)
        where TProcess : SimProcess
    {
        await DelayAsync(2);
        if (Chance(faults.LoseCall)) return;
        var process = locate();
        if (!process.IsAlive)
        {
            reply.TrySetException(new SiloUnavailableException("the process is dead"));
            return;
        }

        if (Chance(faults.RepeatCall))
        {
            var repeated = _turns.RunAsync(async () =>
            {
                await DelayAsync(3_000);
                if (process.IsAlive) await invoke(process);
            });
        }

        try
        {
            var result = await invoke(process);
            await DelayAsync(2);
            if (!Chance(faults.LoseReply)) reply.TrySetResult(result);
        }
        catch (OperationCanceledException cancelled)
        {
            reply.TrySetException(cancelled);
        }
    }

    private bool Chance(double probability) => !IsHealed && world.Chance(probability);

    private Task DelayAsync(int mostMs) => Task.Delay(world.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(mostMs)), _clock, CancellationToken.None);
}
