using XmtpOrleans.Grains.Hosting;

namespace XmtpOrleans.Gateway.Rpc.Bodies;

/// <summary>The request bodies of all calls: how many bytes they hold together, and which of them are late.</summary>
/// <remarks>
/// A timer per call would cost more than the call's own work, so one sweep a second looks at those that are being waited for.
/// </remarks>
internal sealed class RequestBodies : IDisposable
{
    private readonly RpcServer _server;
    private readonly WaitList[] _waiting = [.. Enumerable.Range(0, Math.Max(2, Environment.ProcessorCount)).Select(_ => new WaitList())];
    private readonly ITimer _sweep;

    public RequestBodies(RpcServer server)
    {
        _server = server;
        Held = new ByteBudget(server.Options.MaxRequestBytesHeld);
        _sweep = server.Clock.CreateTimer(
            static bodies => ((RequestBodies)bodies!).Sweep(), this, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    /// <summary>Bytes of large requests in memory.</summary>
    public ByteBudget Held { get; }

    internal long Now => _server.Clock.GetTimestamp();

    public void Dispose() => _sweep.Dispose();

    internal void Watch(GuardedBody body)
    {
        body.Stripe = (int)((uint)Environment.CurrentManagedThreadId % (uint)_waiting.Length);
        _waiting[body.Stripe].Add(body);
    }

    internal void Unwatch(GuardedBody body) => _waiting[body.Stripe].Remove(body);

    private void Sweep()
    {
        var limit = Now - (long)(_server.Options.RequestReadTimeout.TotalSeconds * _server.Clock.TimestampFrequency);
        foreach (var list in _waiting)
        {
            list.CancelStartedBefore(limit);
        }
    }

    /// <summary>A list threaded through the bodies themselves, so that waiting allocates nothing.</summary>
    private sealed class WaitList
    {
        private readonly Lock _lock = new();
        private GuardedBody? _first;

        public void Add(GuardedBody body)
        {
            lock (_lock)
            {
                body.Previous = null;
                body.Next = _first;
                if (_first is not null) _first.Previous = body;
                _first = body;
            }
        }

        public void Remove(GuardedBody body)
        {
            lock (_lock)
            {
                if (body.Previous is null) _first = body.Next;
                else body.Previous.Next = body.Next;
                if (body.Next is not null) body.Next.Previous = body.Previous;
                body.Previous = body.Next = null;
            }
        }

        public void CancelStartedBefore(long limit)
        {
            // Under the lock: once a body has left the list, its connection may already carry another request.
            lock (_lock)
            {
                for (var body = _first; body is not null;)
                {
                    var next = body.Next;
                    if (body.IsStartedBefore(limit)) body.CancelOverdue();
                    body = next;
                }
            }
        }
    }
}
