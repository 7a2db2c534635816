using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Simulation;

/// <summary>A node of several silos over one store, and what goes wrong with them.</summary>
internal sealed class SimNode
{
    private readonly List<SimSilo> _silos = [];
    private readonly Faults _faults;
    private SimSilo? _owner;
    private int _nextId;
    private bool _isHealed;

    public SimNode(World world, Faults faults, int silos)
    {
        (World, _faults) = (world, faults);
        Store = new SimStore(world, faults);
        Signer = new SimSigner(world, faults);
        Network = new SimNetwork(world, faults);
        Clock = new SimClock(world);
        SequencerOptions = new SequencerOptions
        {
            MaxOpenEnvelopes = world.Random.Next(8, 60),
            MaxBatchEnvelopes = world.Random.Next(1, 8),
            RingBatches = world.Random.Next(2, 8),
            DuplicatePreload = TimeSpan.FromMinutes(1),
            IgnoreClock = faults.IgnoresClock,
        };
        PublisherOptions = new PublisherOptions { MaxCalls = world.Random.Next(1, 4), MaxCallBytes = world.Random.Next(100, 2_000) };
        for (var at = 0; at < silos; at++) AddSilo();
    }

    public World World { get; }

    public SimStore Store { get; }

    public SimSigner Signer { get; }

    public SimNetwork Network { get; }

    public SimClock Clock { get; }

    public FixedRates Rates { get; } = new(Protocol.Fees.Rates.Default with { TargetRatePerMinute = 20 });

    public SequencerOptions SequencerOptions { get; }

    public PublisherOptions PublisherOptions { get; }

    public IReadOnlyList<SimSilo> Silos => _silos;

    public SimSilo AnySilo() => _silos[World.Random.Next(_silos.Count)];

    /// <summary>Where the sequencer lives as far as a silo knows: in one place most of the time.</summary>
    public SimSilo Locate(SimSilo? from)
    {
        if (from is { IsSplit: true, IsAlive: true }) return from;
        if (_owner is not { IsAlive: true }) _owner = from is { IsAlive: true } ? from : AnySilo();
        return _owner;
    }

    /// <summary>The silo that owns the log dies, and another comes up.</summary>
    public void KillOwner()
    {
        if (_owner is { } owner) Replace(owner);
    }

    /// <summary>Goes on breaking things until healed.</summary>
    public async Task BreakThingsAsync()
    {
        while (!_isHealed && _faults.Chaos)
        {
            await PauseAsync(0.1, 3);
            if (_isHealed) return;
            await BreakSomethingAsync(World.Random.Next(8));
        }
    }

    /// <summary>From here on nothing goes wrong any more.</summary>
    public void Heal()
    {
        _isHealed = true;
        (Store.IsHealed, Store.IsAway, Signer.IsHealed, Network.IsHealed) = (true, false, true, true);
        foreach (var silo in _silos)
        {
            silo.Thaw();
            (silo.IsSplit, silo.Clock.Offset) = (false, TimeSpan.Zero);
        }
    }

    private async Task BreakSomethingAsync(int which)
    {
        var silo = AnySilo();
        World.Note($"chaos {which} at silo {silo.Id}");
        switch (which)
        {
            case 0:
                Replace(silo);
                break;
            case 1:
                silo.Freeze();
                if (World.Chance(0.5)) _owner = null; // the others declare it dead, and it does not know
                await PauseAsync(0.5, 8);
                silo.Thaw();
                break;
            case 2:
                silo.IsSplit = true;
                await PauseAsync(0.1, 5);
                silo.IsSplit = false;
                break;
            case 3:
                silo.Deactivate();
                break;
            case 4:
                Store.IsAway = true;
                await PauseAsync(0.1, 2);
                Store.IsAway = false;
                break;
            case 5:
                silo.Clock.Offset = World.Between(TimeSpan.FromMinutes(-8), TimeSpan.FromMinutes(1));
                break;
            case 6:
                silo.Clock.Offset = TimeSpan.FromHours(World.Random.Next(-2, 3));
                await PauseAsync(0.1, 5);
                silo.Clock.Offset = TimeSpan.Zero;
                break;
            default:
                _owner = null;
                break;
        }
    }

    private void Replace(SimSilo silo)
    {
        silo.Kill();
        if (!_silos.Remove(silo)) return;
        AddSilo();
    }

    private void AddSilo() => _silos.Add(new SimSilo(this, ++_nextId));

    private Task PauseAsync(double from, double to) =>
        Task.Delay(World.Between(TimeSpan.FromSeconds(from), TimeSpan.FromSeconds(to)), Clock, CancellationToken.None);
}
