using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using XmtpOrleans.EndToEnd.Tests.Processes;

namespace XmtpOrleans.EndToEnd.Tests.Hostile;

/// <summary>The memory of another .NET process, with what is garbage collected first.</summary>
internal static class ProcessMemory
{
    private const ulong HeapCollect = 0x800000; // keyword of the runtime's events: a full collection when a session begins
    private const int Settles = 40;

    /// <summary>Resident bytes after forced collections, once they are at most the bound; else the least that was seen.</summary>
    public static async Task<long> SettledAsync(ServerProcess silo, long bound)
    {
        var least = long.MaxValue;
        for (var attempt = 0; attempt < Settles; attempt++)
        {
            await silo.AssertRunningAsync();
            await CollectAsync(silo.Id);
            await Task.Delay(TimeSpan.FromMilliseconds(500));
            least = Math.Min(least, Resident(silo.Id));
            if (least <= bound) break;
        }

        return least;
    }

    /// <summary>Resident bytes.</summary>
    public static long Resident(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    // One short event session over the runtime's diagnostics socket.
    private static async Task CollectAsync(int process)
    {
        var path = Directory.EnumerateFiles(Path.GetTempPath(), $"dotnet-diagnostic-{process}-*-socket").FirstOrDefault();
        Assert.True(path is not null, "The process has no diagnostics socket.");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        await socket.SendAsync(CollectTracing());
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        var buffer = new byte[64 * 1024];
        Assert.NotEqual(0, await socket.ReceiveAsync(buffer, limit.Token)); // it began; closing ends it
    }

    private static byte[] CollectTracing()
    {
        const string Provider = "Microsoft-Windows-DotNETRuntime";
        using var body = new MemoryStream();
        using var writer = new BinaryWriter(body, Encoding.Unicode);
        writer.Write("DOTNET_IPC_V1\0"u8);
        writer.Write((ushort)0); // length, below
        writer.Write([(byte)2, (byte)2, (byte)0, (byte)0]); // event pipe, collect tracing
        writer.Write(1u); // megabytes of buffer
        writer.Write(1u); // format
        writer.Write(1u); // providers
        writer.Write(HeapCollect);
        writer.Write(4u); // level
        writer.Write((uint)Provider.Length + 1);
        writer.Write(Encoding.Unicode.GetBytes(Provider + "\0"));
        writer.Write(0u); // no arguments
        writer.Flush();
        var bytes = body.ToArray();
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(14), (ushort)bytes.Length);
        return bytes;
    }
}
