using System.Diagnostics;

namespace XmtpOrleans.Gateway.Tests.Rpc;

/// <summary>Waits for what happens on other threads.</summary>
internal static class Eventually
{
    public static async Task TrueAsync(Func<bool> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20), $"Not so within 20 s: {what}.");
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }
    }
}
