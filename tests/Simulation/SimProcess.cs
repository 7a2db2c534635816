namespace XmtpOrleans.Simulation;

/// <summary>One process of the node: its clock, and the turns of everything that lives in it.</summary>
internal abstract class SimProcess(World world, int id)
{
    private readonly List<SimTurns> _turns = [];

    public int Id => id;

    public SimClock Clock { get; } = new(world);

    public bool IsAlive { get; private set; } = true;

    /// <summary>When it was frozen last; never, zero.</summary>
    public TimeSpan FrozenUntil { get; private set; }

    /// <summary>Whether it takes itself for the place of every grain, whatever the others think.</summary>
    public bool IsSplit { get; set; }

    /// <summary>The process dies: whatever it awaited, nothing of it goes on.</summary>
    public void Kill()
    {
        IsAlive = false;
        foreach (var turns in _turns) turns.Kill();
    }

    public void Freeze()
    {
        FrozenUntil = TimeSpan.MaxValue;
        _turns.ForEach(static turns => turns.Freeze());
    }

    public void Thaw()
    {
        if (FrozenUntil == TimeSpan.MaxValue) FrozenUntil = world.Now;
        _turns.ForEach(static turns => turns.Thaw());
    }

    /// <summary>Ends activations as Orleans does when it moves grains.</summary>
    public abstract void Deactivate();

    protected SimTurns NewTurns(string name)
    {
        var turns = new SimTurns(world, $"{name} {id}");
        _turns.Add(turns);
        return turns;
    }
}
