namespace XmtpOrleans.Grains.Tests;

/// <summary>Runs a test and everything it awaits on this thread, in an order drawn from a seed.</summary>
internal sealed class Pump : SynchronizationContext
{
    private readonly List<(SendOrPostCallback Callback, object? State)> _ready = [];
    private readonly Random _random;

    private Pump(int seed) => _random = new Random(seed);

    public static void Run(int seed, Func<Random, Task> test)
    {
        var pump = new Pump(seed);
        var before = Current;
        SetSynchronizationContext(pump);
        try
        {
            var task = test(pump._random);
            pump.RunUntilIdle();
            if (!task.IsCompleted) throw new InvalidOperationException($"seed {seed}: the test waits for something that nobody will do");
            task.GetAwaiter().GetResult();
        }
        catch (Exception failure) when (failure is not InvalidOperationException)
        {
            throw new InvalidOperationException($"seed {seed}: {failure.Message}", failure);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    public override void Post(SendOrPostCallback d, object? state) => _ready.Add((d, state));

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    private void RunUntilIdle()
    {
        while (_ready.Count > 0)
        {
            var at = _random.Next(_ready.Count);
            var (callback, state) = _ready[at];
            _ready[at] = _ready[^1];
            _ready.RemoveAt(_ready.Count - 1);
            callback(state);
        }
    }
}
