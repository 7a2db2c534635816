namespace XmtpOrleans.Simulation;

/// <summary>The turns of one activation (or of anything else that does one thing at a time): first come, first served, one step at a time. Killed, it
/// forgets everything at once, whatever was awaited; frozen, it does nothing and knows nothing of it.</summary>
internal sealed class SimTurns(World world, string name) : TaskScheduler
{
    private readonly Queue<Task> _queue = [];
    private bool _isFrozen;

    public bool IsDead { get; private set; }

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Starts a call on a turn. The inner await keeps completions of foreign tasks off the thread pool.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> call) =>
        Task.Factory.StartNew(async () => await call(), CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    /// <summary>Starts a call on a turn.</summary>
    public Task RunAsync(Func<Task> call) =>
        Task.Factory.StartNew(async () => await call(), CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    public void Kill()
    {
        IsDead = true;
        _queue.Clear();
    }

    public void Freeze() => _isFrozen = true;

    public void Thaw()
    {
        if (!_isFrozen) return;
        _isFrozen = false;
        for (var at = 0; at < _queue.Count; at++) world.Ready(this);
    }

    /// <summary>Runs the next step; <see langword="false"/> when there is none to run.</summary>
    internal bool Step()
    {
        if (_isFrozen || !_queue.TryDequeue(out var task)) return false;
        world.Note(name);
        return TryExecuteTask(task);
    }

    protected override void QueueTask(Task task)
    {
        if (world.IsForeign() || IsDead) return;
        _queue.Enqueue(task);
        if (!_isFrozen) world.Ready(this);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => _queue;
}
