using System.Runtime.InteropServices;

namespace XmtpOrleans.Silo.Dev;

/// <summary>Flushes the names in a folder to disk, which the base library cannot.</summary>
internal static partial class Folders
{
    private const int ReadOnly = 0;

    /// <summary>Returns when the names in it are on disk. Does nothing on Windows, which keeps them in its journal.</summary>
    /// <exception cref="IOException">The disk did not take it.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0) throw Failure("opened");
        try
        {
            if (Sync(descriptor) != 0) throw Failure("flushed");
        }
        finally
        {
            _ = Close(descriptor);
        }

        IOException Failure(string what) => new($"{folder} cannot be {what}: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
