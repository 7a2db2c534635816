using System.Runtime.InteropServices;

namespace XmtpOrleans.Silo;

/// <summary>The system's time, with timestamps that go on while the machine sleeps: those of the base library stand still then on Linux and macOS, and a laptop
/// that wakes up would look as if its clock had jumped.</summary>
internal sealed partial class SystemUptime : TimeProvider
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const int LinuxBootTime = 7;
    private const int MacMonotonic = 6;

    // Windows' counter goes on by itself; a system without such a clock keeps the base library's.
    private static readonly int? ClockId = (OperatingSystem.IsLinux(), OperatingSystem.IsMacOS()) switch
    {
        (true, _) => LinuxBootTime,
        (_, true) => MacMonotonic,
        _ => null,
    };

    private readonly bool _isRead = ClockId is { } id && GetTime(id, out _) == 0;

    /// <inheritdoc/>
    public override long TimestampFrequency => _isRead ? NanosecondsPerSecond : base.TimestampFrequency;

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        if (!_isRead) return base.GetTimestamp();
        _ = GetTime(ClockId!.Value, out var time);
        return (time.Seconds * NanosecondsPerSecond) + time.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds; // both are C's long
        public nint Nanoseconds;
    }
}
