using System.Globalization;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Silo;

/// <summary>Waits at a start for a database that is away: one that starts together with this process needs a moment longer. What no waiting mends, such
/// as a wrong password, ends the start at once.</summary>
/// <param name="limit">How long it is waited for; <see cref="Timeout.InfiniteTimeSpan"/> sets no limit, zero does not wait.</param>
/// <param name="clock">The time.</param>
/// <param name="tell">Takes a line for the operator: at first, when the reason changes, and now and then.</param>
internal sealed class DatabaseWait(TimeSpan limit, TimeProvider clock, Action<string> tell)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(5);

    /// <summary>Opens the database as soon as it can be.</summary>
    /// <exception cref="StoreException">It cannot be used, or was away for longer than the limit; then with the last reason.</exception>
    public async Task OpenAsync(Func<CancellationToken, Task> openAsync, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        (string Reason, long At)? told = null;
        while (true)
        {
            try
            {
                await openAsync(cancellationToken);
                if (told is not null) tell($"the database is there after {Seconds(clock.GetElapsedTime(started))}");
                return;
            }
            catch (StoreException failure) when (failure.IsTransient && HasTimeLeft(started))
            {
                if (told is not { } last || last.Reason != failure.Message || clock.GetElapsedTime(last.At) >= TellEvery)
                {
                    tell($"waiting for the database, {Seconds(clock.GetElapsedTime(started))}{Limit()}: {failure.Message}");
                    told = (failure.Message, clock.GetTimestamp());
                }
            }

            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    private bool HasTimeLeft(long started) => limit == Timeout.InfiniteTimeSpan || clock.GetElapsedTime(started) + Pause <= limit;

    private string Limit() => limit == Timeout.InfiniteTimeSpan ? "" : $" of {Seconds(limit)}";

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(time.TotalSeconds)} s");
}
