using System.Globalization;

namespace XmtpOrleans.Silo.Cluster;

/// <summary>Has a front wait for its first silo as long as it takes, and tells the operator that it does.</summary>
/// <param name="clock">The time.</param>
/// <param name="tell">Takes a line for the operator: at first, and now and then.</param>
internal sealed class SiloWait(TimeProvider clock, Action<string> tell) : IClientConnectionRetryFilter, ILifecycleParticipant<IClusterClientLifecycle>
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(5);

    private readonly long _started = clock.GetTimestamp();
    private long? _told;

    /// <inheritdoc/>
    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (_told is not { } told || clock.GetElapsedTime(told) >= TellEvery)
        {
            tell($"waiting for a silo, {Waited()}: the database lists none that answers");
            _told = clock.GetTimestamp();
        }

        await Task.Delay(Pause, clock, cancellationToken);
        return true;
    }

    /// <inheritdoc/>
    public void Participate(IClusterClientLifecycle observer) => observer.Subscribe(nameof(SiloWait), ServiceLifecycleStage.Active, _ =>
    {
        if (_told is not null) tell($"a silo is there after {Waited()}");
        return Task.CompletedTask;
    });

    private string Waited() => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(clock.GetElapsedTime(_started).TotalSeconds)} s");
}
