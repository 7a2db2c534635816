namespace XmtpOrleans.Simulation;

public sealed class SequencerSimulationTests
{
    private const int ShortRun = 100;
    private const int LongSearch = 400;

    [Fact]
    public void Run_NothingGoesWrong_EveryPublishIsAnsweredWithWhatIsStored() => Seeds.Run(5, static world =>
    {
        new SequencerScenario(world, Faults.None).Run();

        Assert.DoesNotContain("Fenced", world.Happened.Keys);
    });

    [Fact]
    public void Run_EverythingGoesWrong_TheModelHolds() => Seeds.Run(ShortRun, static world => new SequencerScenario(world, Faults.Some).Run());

    [Fact]
    public void Run_EverythingGoesWrong_RunsGoThroughWhatTheyAreMeantToTry()
    {
        var happened = new HashSet<string>();
        for (var seed = 1; seed <= 40; seed++)
        {
            var world = new World(seed);
            new SequencerScenario(world, Faults.Some).Run();
            happened.UnionWith(world.Happened.Keys);
        }

        string[] expected =
        [
            "LeaseTaken", "LeaseFailed", "Fenced", "CommitUnknown", "Failed", "ClockOutOfRange", "ClockBackInRange", "DuplicateUnread", "Retried",
            "answered Accepted", "answered Unavailable", "answered ClockOutOfRange", "not answered",
            "read Current", "read OlderThanRing", "read Ending",
        ];
        Assert.Empty(expected.Except(happened));
    }

    [Fact]
    public void Run_SameSeedTwice_IsTheSameRun()
    {
        var traces = Enumerable.Range(0, 2).Select(static _ =>
        {
            var world = new World(7);
            new SequencerScenario(world, Faults.Some).Run();
            return (world.Steps, world.Trace);
        });

        Assert.Single(traces.Distinct());
    }

    [Fact]
    public void Run_OwnerDiesAtAnyStep_TheModelHolds()
    {
        var steps = CountSteps();
        for (var step = 1; step <= steps; step++)
        {
            var world = new World(11);
            var scenario = new SequencerScenario(world, Faults.None, silos: 2, requests: 4);
            world.BeforeStep = at =>
            {
                if (at == step) scenario.Node.Cluster.KillHost(SimNode.SequencerKey);
            };
            try
            {
                scenario.Run();
            }
            catch (ModelException failure)
            {
                Assert.Fail($"The owner dies at step {step} of {steps}: {failure.Message}");
            }
        }

        static long CountSteps()
        {
            var world = new World(11);
            new SequencerScenario(world, Faults.None, silos: 2, requests: 4).Run();
            return world.Steps;
        }
    }

    // What a test catches is only known once it has caught it.
    [Fact]
    public void Run_StoreWithoutAFence_TheModelNotices() => Notices(Faults.Some with { Unfenced = true });

    [Fact]
    public void Run_ShownBeforeItIsDurable_TheModelNotices() => Notices(Faults.None with { AnswersBeforeDurable = true });

    [Fact]
    public void Run_ClockIsNotGuarded_TheModelNotices() => Notices(Faults.Some with { IgnoresClock = true });

    [Fact]
    public void Run_RepetitionsAreNotKnownAgain_TheModelNotices() => Notices(Faults.Some with { ForgetsFingerprints = true });

    private static void Notices(Faults faults)
    {
        for (var seed = 1; seed <= LongSearch; seed++)
        {
            try
            {
                new SequencerScenario(new World(seed), faults).Run();
            }
            catch (ModelException)
            {
                return;
            }
        }

        Assert.Fail($"{LongSearch} runs did not show it.");
    }
}
