using System.Diagnostics;
using System.Net;
using XmtpOrleans.Load.Http2;

namespace XmtpOrleans.Load.Workloads;

/// <summary>One connection and the thread that drives it.</summary>
internal sealed class CallDriver : IResponseSink, IDisposable
{
    private const int Slots = 1 << 16; // more calls than can ever be in flight on one connection
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly CallPlan _plan;
    private readonly int _inFlight;
    private readonly double _ticksPerCall;
    private readonly GrpcConnection _connection;
    private readonly long[] _startedAt = new long[Slots];
    private readonly int[] _carried = new int[Slots];
    private readonly Thread _thread;
    private readonly int _index;
    private long _origin;
    private volatile bool _isStopping;
    private volatile bool _isCounting;
    private long _countingSince;

    public CallDriver(IPEndPoint server, CallPlan plan, int index)
    {
        _plan = plan;
        _index = index;
        _inFlight = (plan.InFlight / plan.Connections) + (index < plan.InFlight % plan.Connections ? 1 : 0);
        _ticksPerCall = plan.Rate > 0 ? Stopwatch.Frequency * plan.Connections / plan.Rate : 0;
        _connection = new GrpcConnection(server, plan.Path, this);
        _thread = new Thread(Run) { IsBackground = true, Name = $"load-{index}" };
        Timeline = new long[(int)Math.Ceiling(plan.Duration.TotalSeconds) + 1];
    }

    public Histogram Latency { get; } = new();

    public Dictionary<int, long> Failures { get; } = [];

    public long[] Timeline { get; }

    public long Calls { get; private set; }

    public long Envelopes { get; private set; }

    public long Total { get; private set; }

    public Exception? Fault { get; private set; }

    public bool IsCounting
    {
        set
        {
            Volatile.Write(ref _countingSince, Stopwatch.GetTimestamp());
            _isCounting = value;
        }
    }

    public void Start(long origin)
    {
        _origin = origin;
        _thread.Start();
    }

    public void Stop()
    {
        _isStopping = true;
        _thread.Join(TimeSpan.FromSeconds(10));
    }

    public void Dispose() => _connection.Dispose();

    public void OnData(int stream, ReadOnlySpan<byte> data)
    {
    }

    public void OnEnd(int stream, int status)
    {
        Total++;
        if (!_isCounting) return;
        var slot = stream / 2 % Slots;
        if (status != 0)
        {
            Failures[status] = Failures.GetValueOrDefault(status) + 1;
            return;
        }

        var now = Stopwatch.GetTimestamp();
        Latency.Add((now - _startedAt[slot]) * 1_000_000 / Stopwatch.Frequency);
        Calls++;
        Envelopes += _carried[slot];
        var second = (int)((now - Volatile.Read(ref _countingSince)) / Stopwatch.Frequency);
        if (second >= 0 && second < Timeline.Length) Timeline[second] += _carried[slot];
    }

    private void Run()
    {
        try
        {
            if (_ticksPerCall > 0) RunAtRate();
            else RunClosed();
            Drain();
        }
        catch (Exception failure) when (failure is IOException or System.Net.Sockets.SocketException)
        {
            Fault = failure;
        }
        finally
        {
            _connection.Dispose();
        }
    }

    private void RunClosed()
    {
        while (!_isStopping)
        {
            while (_connection.InFlight < _inFlight && TryStart(Stopwatch.GetTimestamp()))
            {
            }

            _connection.Flush();
            _connection.Receive(TimeSpan.FromMilliseconds(100));
        }
    }

    // Calls start when they are due, also when the server is late: the latency counts from then (no coordinated omission).
    private void RunAtRate()
    {
        var offset = (long)(_ticksPerCall * _index / _plan.Connections);
        for (long started = 0; !_isStopping;)
        {
            var now = Stopwatch.GetTimestamp();
            var due = _origin + offset + (long)(started * _ticksPerCall);
            while (due <= now && TryStart(due))
            {
                started++;
                due = _origin + offset + (long)(started * _ticksPerCall);
            }

            _connection.Flush();
            _connection.Receive(Tick);
        }
    }

    private bool TryStart(long startedAt)
    {
        if (!_connection.CanSend(1 << 16) || !_plan.Next(startedAt, out var message, out var envelopes)) return false;
        var slot = _connection.Call(message.Span) / 2 % Slots;
        (_startedAt[slot], _carried[slot]) = (startedAt, envelopes);
        return true;
    }

    private void Drain()
    {
        var since = Stopwatch.GetTimestamp();
        while (_connection.InFlight > 0 && Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(5))
        {
            _connection.Receive(TimeSpan.FromMilliseconds(100));
        }
    }
}
