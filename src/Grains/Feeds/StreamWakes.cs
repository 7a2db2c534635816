namespace XmtpOrleans.Grains.Feeds;

/// <summary>Who has something to take. Readers go on in groups on another thread, so that neither the feed waits for them
/// nor each costs a work item of its own.</summary>
internal sealed class StreamWakes(Action<IThreadPoolWorkItem> queue)
{
    private const int GroupSize = 32;

    private readonly Action<IThreadPoolWorkItem> _queue = queue;
    private List<IThreadPoolWorkItem>? _work;
    private Group? _group;

    public void Add(FeedStream stream)
    {
        _work ??= [];
        if (_group is null || _group.IsFull) _work.Add(_group = new Group());
        _group.Add(stream);
    }

    /// <summary>Adds somebody who waits for the feed to move.</summary>
    public void Add(TaskCompletionSource change) => (_work ??= []).Add(new Change(change));

    /// <summary>What was added since the last call; to be handed to <see cref="Run"/> outside every lock.</summary>
    public IReadOnlyList<IThreadPoolWorkItem> Take()
    {
        var work = _work;
        (_work, _group) = (null, null);
        return work ?? (IReadOnlyList<IThreadPoolWorkItem>)[];
    }

    public void Run(IReadOnlyList<IThreadPoolWorkItem> work)
    {
        for (var at = 0; at < work.Count; at++)
        {
            _queue(work[at]);
        }
    }

    private sealed class Change(TaskCompletionSource change) : IThreadPoolWorkItem
    {
        public void Execute() => change.SetResult();
    }

    private sealed class Group : IThreadPoolWorkItem
    {
        private readonly FeedStream[] _streams = new FeedStream[GroupSize];
        private int _count;

        public bool IsFull => _count == GroupSize;

        public void Add(FeedStream stream) => _streams[_count++] = stream;

        public void Execute()
        {
            foreach (var stream in _streams.AsSpan(0, _count))
            {
                stream.Wake();
            }
        }
    }
}
