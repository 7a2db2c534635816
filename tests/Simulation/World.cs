using System.Diagnostics;

namespace XmtpOrleans.Simulation;

/// <summary>
/// One run of everything under test on one thread, in virtual time: which of the turns that could go on does so next is drawn from the seed,
/// and time passes only when nothing can. The same seed gives the same run, step by step.
/// </summary>
internal sealed class World
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(3);

    private readonly List<SimTurns> _ready = [];
    private readonly PriorityQueue<SimTimer, (TimeSpan Due, long Order)> _timers = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private volatile string? _foreign;
    private long _order;

    public World(int seed) => Random = new Random(seed);

    public Random Random { get; }

    /// <summary>True time since the start.</summary>
    public TimeSpan Now { get; private set; }

    public long Steps { get; private set; }

    /// <summary>What happened so far, folded into a number: two runs of one seed must agree on it.</summary>
    public ulong Trace { get; private set; } = 14_695_981_039_346_656_037;

    /// <summary>Called before each step with its number.</summary>
    public Action<long> BeforeStep { get; set; } = static _ => { };

    /// <summary>Runs until the scenario is over, and fails when it can never be.</summary>
    public void Run(Func<Task> scenario)
    {
        Debug.Assert(SynchronizationContext.Current is null, "continuations must come back to turns");
        var over = new SimTurns(this, "scenario").RunAsync(scenario);
        while (!over.IsCompleted)
        {
            if (_foreign is { } stack) throw new InvalidOperationException($"A continuation left the world's thread. {stack}");
            if (Step()) continue;
            if (!_timers.TryDequeue(out var timer, out var due)) throw new InvalidOperationException($"Nothing can go on after {Steps} steps.");
            Now = due.Due > Now ? due.Due : Now;
            if (Now > Longest) throw new InvalidOperationException($"The scenario is not over after {Now}.");
            timer.Fire();
        }

        over.GetAwaiter().GetResult();
    }

    public void Note(string what)
    {
        foreach (var letter in what) Trace = (Trace ^ letter) * 1_099_511_628_211;
        if (Tracing) Console.WriteLine($"{Now} #{Steps} {what}");
    }

    /// <summary>Whether every note is written out.</summary>
    public bool Tracing { get; init; }

    /// <summary>How often what happened.</summary>
    public Dictionary<string, int> Happened { get; } = [];

    public void Count(string what) => Happened[what] = Happened.GetValueOrDefault(what) + 1;

    public bool Chance(double probability) => Random.NextDouble() < probability;

    public TimeSpan Between(TimeSpan from, TimeSpan to) => from + ((to - from) * Random.NextDouble());

    // Something completed on the thread pool, as continuations of some combinators of tasks do: no seed would replay that.
    internal bool IsForeign()
    {
        if (Environment.CurrentManagedThreadId == _thread) return false;
        _foreign = Environment.StackTrace;
        return true;
    }

    internal void Ready(SimTurns turns) => _ready.Add(turns);

    internal void Schedule(SimTimer timer, TimeSpan due) => _timers.Enqueue(timer, (due, _order++));

    private bool Step()
    {
        while (_ready.Count > 0)
        {
            var at = Random.Next(_ready.Count);
            var turns = _ready[at];
            (_ready[at], _ready[^1]) = (_ready[^1], _ready[at]);
            _ready.RemoveAt(_ready.Count - 1);
            BeforeStep(++Steps);
            if (turns.Step()) return true;
        }

        return false;
    }
}
