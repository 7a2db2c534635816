using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Simulation;

public sealed class ChainSimulationTests
{
    private const int ShortRun = 60;

    [Fact]
    public void Run_NothingGoesWrong_TheLogsAreWhatTheChainSays() => Seeds.Run(5, static world =>
    {
        new ChainScenario(world, Faults.None).Run();

        Assert.DoesNotContain("Fenced", world.Happened.Keys);
    });

    [Fact]
    public void Run_EverythingGoesWrong_TheModelHolds() => Seeds.Run(ShortRun, static world => new ChainScenario(world, Faults.Some).Run());

    [Fact]
    public void Run_EverythingGoesWrong_RunsGoThroughWhatTheyAreMeantToTry()
    {
        var happened = new HashSet<string>();
        for (var seed = 1; seed <= 30; seed++)
        {
            var world = new World(seed);
            new ChainScenario(world, Faults.Some).Run();
            happened.UnionWith(world.Happened.Keys);
        }

        string[] expected =
        [
            "LeaseTaken", "Fenced", "CommitUnknown", "Unread", "Rejected", "Undecided", "inbox undecided",
            "read Current", "read OlderThanRing", "read Ending", "read ",
        ];
        Assert.Empty(expected.Except(happened));
    }

    [Fact]
    public void Run_SameSeedTwice_IsTheSameRun()
    {
        var traces = Enumerable.Range(0, 2).Select(static _ =>
        {
            var world = new World(5);
            new ChainScenario(world, Faults.Some).Run();
            return (world.Steps, world.Trace);
        });

        Assert.Single(traces.Distinct());
    }

    [Fact]
    public void Run_HostDiesAtAnyStep_TheModelHolds()
    {
        var world = new World(3);
        new ChainScenario(world, Faults.None, silos: 2, groupMessages: 3).Run();
        for (var step = 1; step <= world.Steps; step += 3)
        {
            var again = new World(3);
            var scenario = new ChainScenario(again, Faults.None, silos: 2, groupMessages: 3);
            again.BeforeStep = at =>
            {
                if (at == step) scenario.Node.Cluster.KillHost(ChainNode.KeyOf(ChainContract.IdentityUpdates));
            };
            try
            {
                scenario.Run();
            }
            catch (ModelException failure)
            {
                Assert.Fail($"The host dies at step {step} of {world.Steps}: {failure.Message}");
            }
        }
    }

    // What a test catches is only known once it has caught it.
    [Fact]
    public void Run_StoreWithoutAFence_TheModelNotices()
    {
        for (var seed = 1; seed <= ShortRun; seed++)
        {
            try
            {
                new ChainScenario(new World(seed), Faults.Some with { Unfenced = true }).Run();
            }
            catch (ModelException)
            {
                return;
            }
        }

        Assert.Fail($"{ShortRun} runs did not show it.");
    }
}
