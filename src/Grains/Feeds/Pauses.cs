namespace XmtpOrleans.Grains.Feeds;

internal static class Pauses
{
    /// <summary>Waits; ends early, without an exception, when cancelled.</summary>
    public static async Task PauseAsync(this TimeProvider clock, TimeSpan time, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(time, clock, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller's loop sees it.
        }
    }
}
