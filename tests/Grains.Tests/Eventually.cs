namespace XmtpOrleans.Grains.Tests;

/// <summary>Waits for what other tasks are about to do.</summary>
internal static class Eventually
{
    /// <summary>Returns once the condition holds; fails after ten seconds, saying what was awaited.</summary>
    public static async Task TrueAsync(Func<bool> condition, string awaited)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(10)) Assert.Fail($"Timed out waiting until {awaited}.");
            await Task.Yield();
        }
    }
}
