using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace XmtpOrleans.Gateway.Tests.Rpc;

/// <summary>Time that passes when a test says so.</summary>
internal static class Clock
{
    public static void UseClock(this IServiceCollection services, FakeTimeProvider clock) => services.AddSingleton<TimeProvider>(clock);

    /// <summary>
    /// Lets time pass, a second for each few milliseconds, until the awaited thing happens; fails after ten minutes of it.
    /// </summary>
    public static async Task<T> PassUntilAsync<T>(this FakeTimeProvider clock, Task<T> awaited)
    {
        for (var second = 0; second < 600 && !awaited.IsCompleted; second++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(awaited, Task.Delay(5, TestContext.Current.CancellationToken));
        }

        Assert.True(awaited.IsCompleted, "Ten minutes passed and it did not happen.");
        return await awaited;
    }
}
