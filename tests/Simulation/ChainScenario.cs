using Orleans.Runtime;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Simulation;

/// <summary>The chain goes on, silos follow it, a hub reads their logs, and things go wrong.</summary>
internal sealed class ChainScenario
{
    private static readonly ChainContract[] Contracts = [ChainContract.GroupMessages, ChainContract.IdentityUpdates];

    private readonly World _world;
    private readonly ChainModel[] _models;
    private readonly int _groupMessages;
    private bool _isOver;

    public ChainScenario(World world, Faults faults, int silos = 3, int groupMessages = 20)
    {
        (_world, _groupMessages) = (world, groupMessages);
        Node = new ChainNode(world, faults, silos);
        _models = [.. Contracts.Select(contract => new ChainModel(contract, Node.Chain, Node.Store.Store))];
    }

    public ChainNode Node { get; }

    /// <summary>Runs to the end and checks everything.</summary>
    public void Run() => _world.Run(RunAsync);

    private async Task RunAsync()
    {
        var chaos = Start("chaos", Node.Cluster.BreakThingsAsync);
        var keeper = Start("keeper", KeepAsync);
        var readers = Contracts.Select(contract => Start($"reader {contract}", () => ReadLogAsync(contract))).ToList();
        List<Task> senders = [Start("groups", SendGroupMessagesAsync), .. IdentityLogs.ByInbox.Select((_, at) => Start($"inbox {at}", () => SendUpdatesAsync(at)))];
        await Task.WhenAll(senders);
        Node.Heal();
        await chaos;
        await Task.WhenAll(readers);
        _isOver = true;
        await keeper;
        foreach (var model in _models) model.CheckLog();
    }

    private async Task SendGroupMessagesAsync()
    {
        for (var at = 0; at < _groupMessages; at++)
        {
            await PauseAsync(0, 0.8);
            var payload = _world.Random.Next(4) switch
            {
                0 => new byte[100],
                1 => TestBroadcasts.Commit($"message {at}", group: 2, topicGroup: 1),
                _ => TestBroadcasts.Commit($"message {at}"),
            };
            if (_world.Chance(0.3)) Node.Chain.NextBlockTimeNs = _world.Random.Next(1_000);
            Node.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), payload);
            Node.Chain.NextBlockTimeNs = null;
        }
    }

    private async Task SendUpdatesAsync(int inbox)
    {
        var (id, logs) = IdentityLogs.ByInbox[inbox];
        foreach (var payload in logs[_world.Random.Next(logs.Count)])
        {
            await PauseAsync(0, 2);
            Node.Chain.Emit(ChainContract.IdentityUpdates, id.ToArray(), payload);
            if (_world.Chance(0.2)) Node.Chain.Emit(ChainContract.IdentityUpdates, id.ToArray(), payload);
        }
    }

    // What every silo does every few seconds.
    private async Task KeepAsync()
    {
        while (!_isOver)
        {
            foreach (var contract in Contracts)
            {
                await QuietlyAsync(CallAsync(contract, silo => silo.FollowAsync(contract)));
            }

            await PauseAsync(0.2, 1);
        }
    }

    // What a hub does, until everything on the chain was seen.
    private async Task ReadLogAsync(ChainContract contract)
    {
        var model = _models[(int)contract];
        var position = default(SequenceId);
        var started = _world.Now;
        while (!Node.Network.IsHealed || position.Value < (ulong)Node.Chain.Events(contract).Count)
        {
            LogModel.Require(_world.Now - started < TimeSpan.FromMinutes(30), $"the log of {contract} stays at {position}");
            var reply = await QuietlyAsync(CallAsync(contract, silo => silo.ReadAsync(contract, position, TimeSpan.FromSeconds(1))));
            _world.Count($"read {reply?.Status}");
            position = reply switch
            {
                { Status: FeedStatus.Current, Batches.Length: > 0 } => Follow(model, reply, position),
                { Status: FeedStatus.Current or FeedStatus.OlderThanRing } => await ReadStoreAsync(model, position), // idle: compares with the marks
                _ => position,
            };
            await PauseAsync(0, 0.1);
        }
    }

    private static SequenceId Follow(ChainModel model, FeedReply reply, SequenceId position)
    {
        foreach (var batch in reply.Batches)
        {
            LogModel.Require(batch.Previous <= position, $"the feed skips from {position} to {batch.Previous}");
            position = Take(model, batch.Entries, position, "feed");
            position = batch.Last > position ? Skip(model, position, batch.Last) : position;
        }

        return position;
    }

    private async Task<SequenceId> ReadStoreAsync(ChainModel model, SequenceId position)
    {
        try
        {
            var mark = (await Node.Store.Store.ReadMarksAsync(CancellationToken.None))[model.Originator];
            var page = await Node.Store.Store.ReadLogAsync(model.Originator, position, mark, new PageLimit(10, 10_000), CancellationToken.None);
            position = Take(model, page.Entries, position, "store");
            return page.More ? position : Skip(model, position, mark);
        }
        catch (StoreException)
        {
            return position;
        }
    }

    private static SequenceId Take(ChainModel model, IReadOnlyList<LogEntry> entries, SequenceId position, string where)
    {
        foreach (var entry in entries)
        {
            model.Shown(entry, where);
            if (entry.Sequence <= position) continue;
            LogModel.Require(entry.Sequence == model.NextServed(position), $"the {where} goes from {position} to {entry.Sequence}");
            position = entry.Sequence;
        }

        return position;
    }

    // Only rejected events may be passed over.
    private static SequenceId Skip(ChainModel model, SequenceId position, SequenceId mark)
    {
        var next = model.NextServed(position);
        LogModel.Require(next == default || next > mark, $"{next} is passed over on the way from {position} to {mark}");
        return mark > position ? mark : position;
    }

    private Task<T> CallAsync<T>(ChainContract contract, Func<ChainSilo, Task<T>> call)
    {
        var from = _world.Chance(0.5) ? Node.Cluster.Any() : null;
        return Node.Network.CallAsync(() => Node.Cluster.Locate(ChainNode.KeyOf(contract), from), call, TimeSpan.FromSeconds(3));
    }

    private static async Task<T?> QuietlyAsync<T>(Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (Exception failure) when (failure is TimeoutException or SiloUnavailableException)
        {
            return default;
        }
    }

    private Task Start(string name, Func<Task> run) => new SimTurns(_world, name).RunAsync(run);

    private Task PauseAsync(double from, double to) =>
        Task.Delay(_world.Between(TimeSpan.FromSeconds(from), TimeSpan.FromSeconds(to)), Node.Clock, CancellationToken.None);
}
