using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Simulation;

/// <summary>Clients publish through a node of several silos, a peer reads its log, and things go wrong.</summary>
internal sealed class SequencerScenario
{
    private readonly World _world;
    private readonly SimNode _node;
    private readonly LogModel _model;
    private readonly List<PublishRequest> _published = [];
    private readonly int _requests;
    private int _numbered;
    private bool _isOver;

    public SequencerScenario(World world, Faults faults, int silos = 3, int requests = 40)
    {
        (_world, _requests) = (world, requests);
        _node = new SimNode(world, faults, silos);
        _model = new LogModel(world, _node.Store.Store);
        _node.Store.Committed = _model.Committed;
    }

    public SimNode Node => _node;

    public int Acknowledged => _model.Acknowledged;

    public int Stored => _node.Store.Store.Rows(TestPublishes.Node).Count;

    /// <summary>Runs to the end and checks everything.</summary>
    public void Run() => _world.Run(RunAsync);

    private async Task RunAsync()
    {
        var chaos = Start("chaos", _node.Cluster.BreakThingsAsync);
        var reader = Start("reader", ReadLogAsync);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(client => Start($"client {client}", () => PublishAllAsync(client))));
        _node.Heal();
        await chaos;

        // Whatever happened, the node works again and everybody can read everything.
        var last = NewRequest(client: 1);
        LogModel.Require(await PublishAsync(last, attempts: 20), "nothing can be published after all is well again");
        _isOver = true;
        await reader;
        _model.CheckLog(_published);
    }

    private async Task PublishAllAsync(int client)
    {
        for (var at = 0; at < _requests / 4; at++)
        {
            var request = _world.Chance(0.1) && _published.Count > 0 ? Republish() : NewRequest(client);
            await PublishAsync(request, attempts: 4);
            await PauseAsync(0, 0.3);
        }
    }

    // As a gateway does: the same bytes until there is an answer, at any silo.
    private async Task<bool> PublishAsync(PublishRequest request, int attempts)
    {
        for (var attempt = 0; attempt < attempts; attempt++)
        {
            var (silo, began) = (_node.Cluster.Any(), _world.Now);
            using var impatience = new CancellationTokenSource(
                _world.Chance(0.1) ? TimeSpan.FromMilliseconds(_world.Random.Next(50)) : TimeSpan.FromSeconds(12), _node.Clock);
            try
            {
                var answer = silo.PublishAsync(request, impatience.Token);
                var outcome = await WithinAsync(answer, TimeSpan.FromSeconds(12));
                RequireInTime(silo, began);
                _model.Answered(request, outcome);
                _world.Note($"answered {outcome.Status}");
                _world.Count($"answered {outcome.Status}");
                if (outcome.IsAccepted) return true;
            }
            catch (Exception failure) when (failure is OperationCanceledException or TimeoutException)
            {
                RequireInTime(silo, began);
                _world.Note("not answered");
                _world.Count("not answered");
            }

            await PauseAsync(0, 0.5);
        }

        return false;
    }

    // Whatever hangs behind it, a process that lives answers within the budget.
    private void RequireInTime(SimSilo silo, TimeSpan began)
    {
        var elapsed = _world.Now - began;
        LogModel.Require(
            elapsed <= _node.PublisherOptions.Budget || !silo.IsAlive || silo.FrozenUntil >= began, $"a publish took {elapsed} to be answered");
    }

    // What a hub does: batches from the ring, and the store where the ring does not reach.
    private async Task ReadLogAsync()
    {
        var log = new SequencerProxy(_node, from: null);
        var position = default(SequenceId);
        while (!_isOver || position.Value < (ulong)Stored)
        {
            try
            {
                var reply = await log.ReadAsync(position, maxBytes: 2_000, TimeSpan.FromSeconds(1));
                _world.Count($"read {reply.Status}");
                position = reply.Status == FeedStatus.OlderThanRing ? await ReadStoreAsync(position) : Follow(reply, position);
                if (reply.Status == FeedStatus.Ending) await PauseAsync(0, 0.1);
                if (_isOver && reply.Status == FeedStatus.Current && reply.Batches.Length == 0) position = await ReadStoreAsync(position);
            }
            catch (Exception failure) when (failure is TimeoutException or StoreException or Orleans.Runtime.SiloUnavailableException)
            {
                await PauseAsync(0, 0.1);
            }
        }
    }

    private SequenceId Follow(FeedReply reply, SequenceId position)
    {
        foreach (var batch in reply.Batches)
        {
            LogModel.Require(batch.Previous <= position, $"the feed skips from {position} to {batch.Previous}");
            foreach (var entry in batch.Entries)
            {
                _model.Shown(entry.Bytes, "feed");
                if (entry.Sequence <= position) continue;
                LogModel.Require(entry.Sequence == position.Next(), $"the feed goes from {position} to {entry.Sequence}");
                position = entry.Sequence;
            }
        }

        return position;
    }

    private async Task<SequenceId> ReadStoreAsync(SequenceId position)
    {
        var marks = await _node.Store.Store.ReadMarksAsync(CancellationToken.None);
        var page = await _node.Store.Store.ReadLogAsync(
            TestPublishes.Node, position, marks[TestPublishes.Node], new PageLimit(20, 10_000), CancellationToken.None);
        foreach (var entry in page.Entries)
        {
            _model.Shown(entry.Bytes, "store");
            LogModel.Require(entry.Sequence == position.Next(), $"the store goes from {position} to {entry.Sequence}");
            position = entry.Sequence;
        }

        return position;
    }

    private PublishRequest NewRequest(int client)
    {
        var entries = Enumerable.Range(0, _world.Random.Next(1, 5)).Select(_ => TestPublishes.Entry($"publish {++_numbered}")).ToList();
        if (entries.Count > 1 && _world.Chance(0.1)) entries[^1] = entries[0];
        var request = TestPublishes.Request(client + 1, [.. entries]);
        _published.Add(request);
        return request;
    }

    // Two clients may send the same envelopes: a gateway that gave up, and its user who tries another one.
    private PublishRequest Republish() => _published[Math.Max(0, _published.Count - 1 - _world.Random.Next(4))];

    private async Task<T> WithinAsync<T>(Task<T> task, TimeSpan limit)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var timer = _node.Clock.CreateTimer(
            _ => result.TrySetException(new TimeoutException()), state: null, limit, Timeout.InfiniteTimeSpan);
        var forwarded = ForwardAsync(task, result);
        return await result.Task;
    }

    private static async Task ForwardAsync<T>(Task<T> task, TaskCompletionSource<T> result)
    {
        try
        {
            result.TrySetResult(await task);
        }
        catch (OperationCanceledException cancelled)
        {
            result.TrySetException(cancelled);
        }
    }

    private Task Start(string name, Func<Task> run) => new SimTurns(_world, name).RunAsync(run);

    private Task PauseAsync(double from, double to) =>
        Task.Delay(_world.Between(TimeSpan.FromSeconds(from), TimeSpan.FromSeconds(to)), _node.Clock, CancellationToken.None);
}
