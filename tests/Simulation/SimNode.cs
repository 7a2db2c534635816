using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Simulation;

/// <summary>What the silos of one node share when they publish.</summary>
internal sealed class SimNode
{
    public const string SequencerKey = "sequencer";

    public SimNode(World world, Faults faults, int silos)
    {
        World = world;
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
        PublisherOptions = new PublisherOptions
        {
            MaxCalls = world.Random.Next(1, 4),
            MaxCallBytes = world.Random.Next(100, 2_000),
            Budget = world.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10)),
        };
        Cluster = new SimCluster<SimSilo>(world, faults, Store, silos, id => new SimSilo(this, id));
    }

    public World World { get; }

    public SimStore Store { get; }

    public SimSigner Signer { get; }

    public SimNetwork Network { get; }

    public SimClock Clock { get; }

    public FixedRates Rates { get; } = new(Protocol.Fees.Rates.Default with { TargetRatePerMinute = 20 });

    public SequencerOptions SequencerOptions { get; }

    public PublisherOptions PublisherOptions { get; }

    public SimCluster<SimSilo> Cluster { get; }

    /// <summary>From here on nothing goes wrong any more.</summary>
    public void Heal()
    {
        (Signer.IsHealed, Network.IsHealed) = (true, true);
        Cluster.Heal();
    }
}
