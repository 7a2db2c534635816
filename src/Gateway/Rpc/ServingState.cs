namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Whether this server takes calls. The host moves it forward; health and every call look at it.</summary>
public sealed class ServingState
{
    private volatile Snapshot _current = new(ServingPhase.Starting, Fault: null, IsCutOff: false);
    private readonly Lock _listening = new();
    private Action? _moved;

    /// <summary>Where the server stands in its life.</summary>
    public ServingPhase Phase => _current.Phase;

    /// <summary>Why the server is unhealthy although it serves; null when it is not.</summary>
    public string? Fault => _current.Fault;

    /// <summary>Whether health answers <c>SERVING</c>; otherwise the health call itself fails.</summary>
    public bool IsHealthy => _current is { Phase: ServingPhase.Serving, Fault: null, IsCutOff: false };

    /// <summary>Moves on; a phase never goes back.</summary>
    public void MoveTo(ServingPhase phase) => Change(current => current with { Phase = phase > current.Phase ? phase : current.Phase });

    /// <summary>Reports a fault (a store out of reach), or with null that it is over. Calls are still taken.</summary>
    public void Report(string? fault) => Change(current => current with { Fault = fault });

    /// <summary>Reports whether this process has lost those of its node that others may still reach, so that callers should ask another one. Calls are
    /// still taken.</summary>
    public void ReportCutOff(bool isCutOff) => Change(current => current with { IsCutOff = isCutOff });

    /// <summary>Calls back after each change until disposed.</summary>
    internal IDisposable OnChange(Action callback)
    {
        lock (_listening) { _moved += callback; }
        return new Subscription(() =>
        {
            lock (_listening) { _moved -= callback; }
        });
    }

    private void Change(Func<Snapshot, Snapshot> change)
    {
        Snapshot before, after;
        do
        {
            before = _current;
            after = change(before);
        }
        while (Interlocked.CompareExchange(ref _current, after, before) != before);

        if (after != before) Volatile.Read(ref _moved)?.Invoke();
    }

    private sealed record Snapshot(ServingPhase Phase, string? Fault, bool IsCutOff);

    private sealed class Subscription(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
