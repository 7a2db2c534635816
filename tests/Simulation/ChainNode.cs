using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Simulation;

/// <summary>What the silos of one node share when they follow the chain.</summary>
internal sealed class ChainNode
{
    private readonly Faults _faults;
    private bool _isHealed;

    public ChainNode(World world, Faults faults, int silos)
    {
        (World, _faults) = (world, faults);
        Store = new SimStore(world, faults);
        Network = new SimNetwork(world, faults);
        Clock = new SimClock(world);
        Chain = new FakeAppChain(Clock) { BeforeRead = BeforeReadAsync };
        Options = new ChainLogOptions { MaxEvents = world.Random.Next(1, 6), RingBatches = world.Random.Next(2, 5) };
        Cluster = new SimCluster<ChainSilo>(world, faults, Store, silos, id => new ChainSilo(this, id));
    }

    public World World { get; }

    public SimStore Store { get; }

    public SimNetwork Network { get; }

    public SimClock Clock { get; }

    public FakeAppChain Chain { get; }

    public ChainLogOptions Options { get; }

    public SimCluster<ChainSilo> Cluster { get; }

    public static string KeyOf(ChainContract contract) => $"log {contract}";

    /// <summary>From here on nothing goes wrong any more.</summary>
    public void Heal()
    {
        (_isHealed, Network.IsHealed) = (true, true);
        Cluster.Heal();
    }

    private async Task BeforeReadAsync()
    {
        await Task.Delay(World.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(10)), Clock, CancellationToken.None);
        if (!_isHealed && World.Chance(_faults.StoreFails)) throw new StoreException("the chain is away", null, isTransient: true);
    }
}
