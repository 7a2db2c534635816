namespace XmtpOrleans.Testing;

/// <summary>Runs a core as a grain's turns do: one step at a time, on no particular thread.</summary>
public sealed class Turns
{
    private readonly TaskScheduler _scheduler = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;

    /// <summary>Starts a call on a turn; what follows its awaits comes back to turns.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> call) =>
        Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler).Unwrap();

    /// <summary>Starts a call on a turn; what follows its awaits comes back to turns.</summary>
    public Task RunAsync(Func<Task> call) =>
        Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler).Unwrap();
}
