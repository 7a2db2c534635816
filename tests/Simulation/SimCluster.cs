namespace XmtpOrleans.Simulation;

/// <summary>The processes of a node over one store, who hosts which grain, and what goes wrong with them.</summary>
internal sealed class SimCluster<TProcess>
    where TProcess : SimProcess
{
    private readonly World _world;
    private readonly Faults _faults;
    private readonly SimClock _clock;
    private readonly SimStore _store;
    private readonly Func<int, TProcess> _create;
    private readonly List<TProcess> _processes = [];
    private readonly Dictionary<string, TProcess> _directory = [];
    private int _nextId;
    private bool _isHealed;

    public SimCluster(World world, Faults faults, SimStore store, int processes, Func<int, TProcess> create)
    {
        (_world, _faults, _store, _create) = (world, faults, store, create);
        _clock = new SimClock(world);
        for (var at = 0; at < processes; at++) Add();
    }

    public IReadOnlyList<TProcess> Processes => _processes;

    public TProcess Any() => _processes[_world.Random.Next(_processes.Count)];

    /// <summary>Where a grain lives as far as a process knows: in one place most of the time.</summary>
    public TProcess Locate(string grain, TProcess? from)
    {
        if (from is { IsSplit: true, IsAlive: true }) return from;
        if (!_directory.TryGetValue(grain, out var host) || !host.IsAlive)
        {
            _directory[grain] = host = from is { IsAlive: true } ? from : Any();
        }

        return host;
    }

    /// <summary>The process that hosts a grain dies, and another comes up.</summary>
    public void KillHost(string grain)
    {
        if (_directory.TryGetValue(grain, out var host)) Replace(host);
    }

    /// <summary>Goes on breaking things until healed.</summary>
    public async Task BreakThingsAsync()
    {
        while (!_isHealed && _faults.Chaos)
        {
            await PauseAsync(0.1, 3);
            if (_isHealed) return;
            await BreakSomethingAsync(_world.Random.Next(8));
        }
    }

    /// <summary>From here on nothing goes wrong any more.</summary>
    public void Heal()
    {
        _isHealed = true;
        (_store.IsHealed, _store.IsAway) = (true, false);
        foreach (var process in _processes)
        {
            process.Thaw();
            (process.IsSplit, process.Clock.Offset) = (false, TimeSpan.Zero);
        }
    }

    private async Task BreakSomethingAsync(int which)
    {
        var process = Any();
        _world.Note($"chaos {which} at process {process.Id}");
        switch (which)
        {
            case 0:
                Replace(process);
                break;
            case 1:
                process.Freeze();
                if (_world.Chance(0.5)) _directory.Clear(); // the others declare it dead, and it does not know
                await PauseAsync(0.5, 8);
                process.Thaw();
                break;
            case 2:
                process.IsSplit = true;
                await PauseAsync(0.1, 5);
                process.IsSplit = false;
                break;
            case 3:
                process.Deactivate();
                break;
            case 4:
                _store.IsAway = true;
                await PauseAsync(0.1, 2);
                _store.IsAway = false;
                break;
            case 5:
                process.Clock.Offset = _world.Between(TimeSpan.FromMinutes(-8), TimeSpan.FromMinutes(1));
                break;
            case 6:
                process.Clock.Offset = TimeSpan.FromHours(_world.Random.Next(-2, 3));
                await PauseAsync(0.1, 5);
                process.Clock.Offset = TimeSpan.Zero;
                break;
            default:
                _directory.Clear();
                break;
        }
    }

    private void Replace(TProcess process)
    {
        process.Kill();
        if (_processes.Remove(process)) Add();
    }

    private void Add() => _processes.Add(_create(++_nextId));

    private Task PauseAsync(double from, double to) =>
        Task.Delay(_world.Between(TimeSpan.FromSeconds(from), TimeSpan.FromSeconds(to)), _clock, CancellationToken.None);
}
