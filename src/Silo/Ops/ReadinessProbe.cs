namespace XmtpOrleans.Silo.Ops;

/// <summary>Tries something every second. It has to succeed once before the process is ready; later it may fail for a while, as everything in a cluster does
/// while a silo is replaced: taking every front off at once would help nobody.</summary>
internal abstract class ReadinessProbe(string name, TimeProvider clock) : BackgroundService, IReadinessProbe
{
    /// <summary>How long a probe may fail before the process is not ready any more.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    private long _succeeded = long.MinValue; // timestamp of the clock
    private volatile string _reason = "starting";

    /// <inheritdoc/>
    public string? Fault => Interlocked.Read(ref _succeeded) switch
    {
        long.MinValue => $"{name}: {_reason}",
        var at when clock.GetElapsedTime(at) is var since && since > Patience => $"{name}: {_reason}, for {since.TotalSeconds:0} s",
        _ => null,
    };

    /// <summary>Tries; returns why it did not succeed, or <see langword="null"/>. Ends within a few seconds.</summary>
    protected abstract Task<string?> TryAsync(CancellationToken cancellationToken);

    /// <summary>Called after each try.</summary>
    /// <param name="isLost">Whether it succeeded once, and has failed for longer than it may.</param>
    protected virtual void Tried(bool isLost)
    {
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                if (await TryGuardedAsync(stoppingToken) is { } reason) _reason = reason;
                else Interlocked.Exchange(ref _succeeded, clock.GetTimestamp());
                Tried(isLost: Interlocked.Read(ref _succeeded) != long.MinValue && Fault is not null);
                await Task.Delay(Interlocked.Read(ref _succeeded) == long.MinValue ? FirstPause : Period, clock, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
    }

    private async Task<string?> TryGuardedAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await TryAsync(cancellationToken);
        }
#pragma warning disable CA1031 // The top of a loop that must not end, whatever is wrong with what it looks at.
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return $"failed ({failure.GetType().Name})";
        }
    }
}
