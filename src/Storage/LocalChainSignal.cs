using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Storage;

/// <summary>Wakes those who wait for the next event of a local chain contract, when it becomes known that there is one.</summary>
internal sealed class LocalChainSignal(TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly SequenceId[] _last = new SequenceId[2]; // by contract; under the gate, as is the rest
    private readonly TaskCompletionSource[] _raised = [NewSignal(), NewSignal()];

    public void Raise(ChainContract contract, SequenceId sequence)
    {
        TaskCompletionSource raised;
        lock (_gate)
        {
            if (sequence <= _last[(int)contract]) return;
            _last[(int)contract] = sequence;
            raised = _raised[(int)contract];
            _raised[(int)contract] = NewSignal();
        }

        raised.SetResult();
    }

    /// <summary>Completes when an event after a position is known, or the wait is over.</summary>
    public async Task WaitAsync(ChainContract contract, SequenceId after, TimeSpan wait, CancellationToken cancellationToken)
    {
        Task raised;
        lock (_gate)
        {
            if (_last[(int)contract] > after) return;
            raised = _raised[(int)contract].Task;
        }

        try
        {
            await raised.WaitAsync(wait, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The wait is over: that is an answer, too.
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
