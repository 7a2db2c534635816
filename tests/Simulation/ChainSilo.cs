using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Simulation;

/// <summary>A process that keeps the chain's logs: activations of them and of inboxes.</summary>
internal sealed class ChainSilo(ChainNode node, int id) : SimProcess(node.World, id)
{
    private readonly Dictionary<ChainContract, Activation> _logs = [];
    private readonly Dictionary<InboxId, InboxActivation> _inboxes = [];

    public Task<bool> FollowAsync(ChainContract contract)
    {
        var activation = LogOf(contract);
        return activation.Turns.RunAsync(() =>
        {
            activation.Core.Follow();
            return Task.FromResult(true);
        });
    }

    public Task<FeedReply> ReadAsync(ChainContract contract, SequenceId after, TimeSpan wait)
    {
        var activation = LogOf(contract);
        return activation.Turns.RunAsync(() => activation.Core.ReadAsync(after, maxBytes: 2_000, wait));
    }

    public Task<InboxVerdicts> ValidateAsync(InboxId inbox, InboxUpdates updates)
    {
        if (!_inboxes.TryGetValue(inbox, out var activation)) _inboxes[inbox] = activation = new InboxActivation(node, inbox, NewTurns("inbox"));
        return activation.Turns.RunAsync(() => activation.ValidateAsync(updates));
    }

    public override void Deactivate()
    {
        foreach (var activation in _logs.Values)
        {
            var left = activation.Turns.RunAsync(() => activation.Core.DrainAsync());
        }

        _inboxes.Clear();
    }

    private Activation LogOf(ChainContract contract)
    {
        if (_logs.TryGetValue(contract, out var known)) return known;
        var turns = NewTurns($"log {contract}");
        var core = new ChainLog(
            contract,
            node.Store.Store,
            node.Chain,
            new InboxProxy(node, this),
            new Admission(new AdmissionOptions()),
            node.Options,
            new ChainLogMetrics(NoMeters.Instance),
            Clock,
            Clock,
            node.World.Random,
            new CountingLogger(node.World));
        var activation = _logs[contract] = new Activation(core, turns);
        var watched = turns.RunAsync(async () =>
        {
            await core.Ended;
            await core.DrainAsync();
            if (_logs.GetValueOrDefault(contract) == activation) _logs.Remove(contract);
        });
        return activation;
    }

    private sealed record Activation(ChainLog Core, SimTurns Turns);

    // One call at a time, as its grain is not reentrant.
    private sealed class InboxActivation(ChainNode node, InboxId inbox, SimTurns turns)
    {
        private readonly InboxState _state = new(inbox, node.Store.Store, new IdentityLogs.Verifier(), new NoWallets());
        private Task _last = Task.CompletedTask;

        public SimTurns Turns => turns;

        public Task<InboxVerdicts> ValidateAsync(InboxUpdates updates)
        {
            var answer = AfterAsync(_last, updates);
            _last = answer;
            return answer;
        }

        private async Task<InboxVerdicts> AfterAsync(Task last, InboxUpdates updates)
        {
            await last;
            try
            {
                var verdicts = await _state.ValidateAsync(updates, CancellationToken.None);
                node.World.Note($"inbox {inbox} after {updates.After}: {string.Join(',', updates.Updates.Zip(verdicts.Verdicts, (u, v) => $"{u.Sequence} {v.Status}"))}");
                return verdicts;
            }
            catch (StoreException failure)
            {
                node.World.Count("inbox undecided");
                return InboxVerdicts.Undecided(updates, failure.Message);
            }
        }
    }

    private sealed class NoWallets : IWalletVerifier
    {
        public Task<IReadOnlyList<WalletVerdict>> VerifyAsync(IReadOnlyList<WalletCheck> checks, CancellationToken cancellationToken) =>
            throw new NotSupportedException("no update of the simulation needs a wallet's chain");
    }
}
