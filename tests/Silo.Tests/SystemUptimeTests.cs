using System.Diagnostics;
using System.Globalization;

namespace XmtpOrleans.Silo.Tests;

public sealed class SystemUptimeTests
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(2); // a busy machine reads the other one later

    [Fact]
    public void GetTimestamp_OnLinux_IsTheTimeSinceBootWithSleep()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells its uptime in a file.");
        var uptime = new SystemUptime();

        var since = TimeSpan.FromSeconds(uptime.GetTimestamp() / (double)uptime.TimestampFrequency);
        var told = TimeSpan.FromSeconds(double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture));

        Assert.InRange(told - since, -Tolerance, Tolerance);
    }

    [Fact]
    public async Task GetElapsedTime_MachineAwake_IsTheBaseLibrarys()
    {
        var uptime = new SystemUptime();
        var (started, watch) = (uptime.GetTimestamp(), Stopwatch.GetTimestamp());
        await Task.Delay(50, TestContext.Current.CancellationToken);

        Assert.InRange(uptime.GetElapsedTime(started) - Stopwatch.GetElapsedTime(watch), -Tolerance, Tolerance);
        Assert.True(uptime.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(40));
    }

    [Fact]
    public void GetUtcNow_IsTheSystems() => Assert.InRange(new SystemUptime().GetUtcNow() - DateTimeOffset.UtcNow, -Tolerance, Tolerance);
}
