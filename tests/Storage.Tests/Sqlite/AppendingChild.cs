using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Storage.Tests.Contract;

namespace XmtpOrleans.Storage.Tests.Sqlite;

/// <summary>A process of its own that appends to three logs at once and prints each position as soon as the store has acknowledged
/// it.</summary>
internal sealed class AppendingChild : IDisposable
{
    public const string Command = "append";

    public static readonly uint[] Logs = [100, 200, 300];

    private const int RowsPerCommit = 7;

    private readonly Process _process;

    private AppendingChild(Process process) => _process = process;

    /// <summary>Starts the child; <paramref name="prefix"/> is a program that runs it, such as a tracer.</summary>
    public static AppendingChild Start(string path, int commits, params string[] prefix)
    {
        var program = Path.Combine(AppContext.BaseDirectory, typeof(AppendingChild).Assembly.GetName().Name!);
        string[] command = [.. prefix, program, Command, path, $"{commits}"];
        return new AppendingChild(Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true,
            UseShellExecute = false })!);
    }

    /// <summary>The bytes that the child stores at a position.</summary>
    public static byte[] BytesAt(OriginatorId originator, SequenceId sequence)
    {
        var place = new byte[12];
        BinaryPrimitives.WriteUInt32BigEndian(place, originator.Value);
        BinaryPrimitives.WriteUInt64BigEndian(place.AsSpan(4), sequence.Value);
        return SHA512.HashData(place);
    }

    /// <summary>What the child does.</summary>
    public static async Task<int> RunAsync(string path, int commits)
    {
        var store = await SqliteHarness.OpenAsync(path, TimeProvider.System);
        await Task.WhenAll(Logs.Select(log => AppendAsync(store.Envelopes, new OriginatorId(log), commits)));
        await store.CloseAsync();
        return 0;
    }

    /// <summary>The next acknowledged position; <see langword="null"/> when the child has ended.</summary>
    public async Task<(OriginatorId Originator, SequenceId Last)?> ReadAsync() =>
        await _process.StandardOutput.ReadLineAsync() is { } line && line.Split(' ') is [var originator, var last]
            ? (new OriginatorId(uint.Parse(originator)), new SequenceId(ulong.Parse(last)))
            : null;

    public void Kill() => _process.Kill();

    public void Dispose()
    {
        _process.WaitForExit();
        _process.Dispose();
    }

    private static async Task AppendAsync(IEnvelopeStore store, OriginatorId originator, int commits)
    {
        var lease = await store.TakeLeaseAsync(originator, CancellationToken.None);
        var (last, ns) = (lease.Last, Math.Max(lease.LastNs, LogWriter.FirstNs));
        for (var commit = 0; commit < commits; commit++)
        {
            var rows = Enumerable.Range(1, RowsPerCommit).Select(offset => Row(originator, new SequenceId(last.Value + (ulong)offset),
                ns + offset)).ToArray();
            var append = new LogAppend { Lease = lease, Previous = last, Last = rows[^1].Entry.Sequence, LastNs = ns + RowsPerCommit,
                Rows = rows };
            if (await store.AppendAsync(append) != AppendOutcome.Committed) throw new InvalidOperationException("fenced");
            (last, ns) = (append.Last, append.LastNs);
            await Console.Out.WriteLineAsync($"{originator} {last}");
        }
    }

    private static LogRow Row(OriginatorId originator, SequenceId sequence, long ns) => new()
    {
        Entry = new LogEntry
        {
            Originator = originator,
            Sequence = sequence,
            OriginatorNs = ns,
            ArrivalUs = ns / 1_000,
            ExpirySeconds = LogEntry.NeverExpires,
            Topic = Topic.Of(TopicKind.GroupMessages, BitConverter.GetBytes(sequence.Value % 50)),
            Bytes = BytesAt(originator, sequence),
        },
    };
}
