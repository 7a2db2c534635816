using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Tests.Inboxes;
using XmtpOrleans.Grains.Topics;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Hosting;

/// <summary>What becomes of calls between silos whose callers give up.</summary>
public sealed class CallLimitTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Validate_CallerGivesUpWhileAnotherCallIsServed_NeverBegins()
    {
        var (inbox, updates) = RecordedUpdates.Longest;
        var verifier = new GatedVerifier();
        await using var cluster = await GrainCluster.StartAsync(2, services => services
            .AddSingleton<IUpdateVerifier>(verifier).AddInboxes().AddSingleton<IWalletVerifier>(new FakeWallets()));
        var question = RecordedUpdates.Ask(0, updates[0]);
        var key = inbox.ToString();
        await GrainOf(cluster.Silos[0], key).ValidateAsync(question, Cancellation);
        var other = cluster.Silos.Single(silo => silo != cluster.HostOf(GrainOf(cluster.Silos[0], key)));
        verifier.Hold();
        var first = GrainOf(other, key).ValidateAsync(question, Cancellation);
        await verifier.Reached;

        using var impatience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var second = GrainOf(other, key).ValidateAsync(question, impatience.Token);
        await Eventually.TrueAsync(() => WaitingAt(cluster, GrainOf(other, key)) == 1, "the second call waits for the first");
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await Eventually.TrueAsync(() => WaitingAt(cluster, GrainOf(other, key)) == 0, "the second call is given up where it waits");
        var third = GrainOf(other, key).ValidateAsync(question, Cancellation);
        verifier.Release();

        Assert.Equal(InboxVerdictStatus.Valid, (await first).Verdicts.Single().Status);
        Assert.Equal(InboxVerdictStatus.Valid, (await third).Verdicts.Single().Status);
        Assert.Equal(3, verifier.Calls); // the warm one, the first and the third
    }

    [Fact]
    public async Task Query_CallerGivesUpWhileTheTopicLoads_EndsWhereTheTopicLives()
    {
        await using var cluster = await GrainCluster.StartAsync(2, static services => services.AddReading());
        await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request("first"), Cancellation);
        var loading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Store.Before = call => call == StoreCall.ReadTopicTail ? loading.Task : Task.CompletedTask;
        var query = new TopicQuery { Marks = Cursor.Of(TestPublishes.Node, new SequenceId(1)), NowSeconds = 0, Count = 10, Bytes = 10_000 };
        var calls = new List<(ITopicGrain Topic, Task Answer, CancellationTokenSource Impatience)>();
        foreach (var silo in cluster.Silos) // the topic lives in one of them
        {
            var impatience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            calls.Add((TopicOf(silo), TopicOf(silo).QueryAsync(query, impatience.Token).AsTask(), impatience));
        }

        await Eventually.TrueAsync(() => IsExecuting(cluster, calls[0].Topic), "the topic loads");
        foreach (var (_, answer, impatience) in calls)
        {
            await impatience.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
            impatience.Dispose();
        }

        await Eventually.TrueAsync(() => !IsExecuting(cluster, calls[0].Topic), "the topic serves nobody");
        Assert.False(loading.Task.IsCompleted);
        loading.SetResult();
        while ((await TopicOf(cluster.Silos[0]).QueryAsync(query, Cancellation)).Status != TopicReplyStatus.Answered) Cancellation.ThrowIfCancellationRequested();
    }

    [Fact]
    public async Task Append_ItsPatienceIsOver_IsNotBegunOnAnotherSilo()
    {
        await using var cluster = await GrainCluster.StartAsync(2);
        await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request("first"), Cancellation);
        var other = cluster.Silos.Single(silo => silo != cluster.HostOf(cluster.Sequencer));
        var sequencer = other.ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<ISequencerGrain>(TestPublishes.Node.Value);

        var reply = await sequencer.AppendAsync(new PublishBatch { Requests = [TestPublishes.Request("late")], Patience = TimeSpan.FromTicks(1) });

        Assert.Equal((PublishStatus.Unavailable, true), (reply.Outcomes.Single().Status, reply.Ending));
        Assert.Single(cluster.Store.Rows(TestPublishes.Node));
        Assert.True((await cluster.Publisher(other).PublishAsync(TestPublishes.Request("late"), TimeSpan.FromMinutes(1), Cancellation)).IsAccepted);
    }

    // Calls that an activation has not begun.
    private static int WaitingAt(GrainCluster cluster, IGrain grain) => Shown<int>(cluster, grain, "WaitingCount");

    private static bool IsExecuting(GrainCluster cluster, IGrain grain) => Shown<bool>(cluster, grain, "IsCurrentlyExecuting");

    // What Orleans shows of an activation to debuggers only; nothing before there is one.
    private static T? Shown<T>(GrainCluster cluster, IGrain grain, string name) => cluster.Cluster.TryGetGrainContext(grain.GetGrainId(), out var activation)
        ? (T)activation.GetType().GetProperty(name)!.GetValue(activation)!
        : default;

    private static IInboxGrain GrainOf(InProcessSiloHandle silo, string inbox) =>
        silo.ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<IInboxGrain>(inbox);

    private static ITopicGrain TopicOf(InProcessSiloHandle silo) =>
        silo.ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<ITopicGrain>(TopicKey.Of(TestPublishes.Group()));

    private sealed class GatedVerifier : IUpdateVerifier
    {
        private readonly UpdateVerifier _verifier = new();
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _isHeld;
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public Task Reached => _reached.Task;

        public void Hold() => _isHeld = true;

        public void Release() => _released.SetResult();

        public async Task<IReadOnlyList<(VerifiedIdentityUpdate? Update, IdentityRefusal? Refusal)>> VerifyAsync(
            InboxId inbox, IReadOnlyList<ReadOnlyMemory<byte>> clientEnvelopes)
        {
            if (clientEnvelopes.Count > 0) Interlocked.Increment(ref _calls);
            if (_isHeld)
            {
                _reached.TrySetResult();
                await _released.Task;
            }

            return await _verifier.VerifyAsync(inbox, clientEnvelopes);
        }
    }
}
