using System.Text;
using XmtpOrleans.EndToEnd.Tests.Processes;

namespace XmtpOrleans.EndToEnd.Tests.Durability;

/// <summary>What a process wrote to its SQLite files and did not flush, kept by a library that is built here and loaded into it. After the process was
/// killed it can be undone, as if the machine had lost power.</summary>
internal sealed class UnflushedWrites
{
    private readonly string _library;
    private readonly string _journal;
    private readonly string _root;

    private UnflushedWrites(string library, string journal, string root) => (_library, _journal, _root) = (library, journal, root);

    /// <summary>Flushes of a write-ahead log so far.</summary>
    public int LogFlushes => Read().Count(static record => record.Kind == 'S' && record.Path.EndsWith("-wal", StringComparison.Ordinal));

    /// <summary>Builds the library. Ends the test where there is no C compiler.</summary>
    public static async Task<UnflushedWrites> BuildAsync(TestFolder tools, string root) =>
        new(await PreloadedLibrary.BuildAsync(tools, "Durability/unflushed.c"), tools.File("unflushed.journal"), root);

    /// <summary>Has a process watched from its next start on.</summary>
    /// <param name="silo">The process.</param>
    /// <param name="lies">Whether its flushes shall succeed without happening.</param>
    public SiloProcess Watch(SiloProcess silo, bool lies = false)
    {
        silo.WithEnvironment("LD_PRELOAD", _library).WithEnvironment("UNFLUSHED_ROOT", _root).WithEnvironment("UNFLUSHED_JOURNAL", _journal);
        return lies ? silo.WithEnvironment("UNFLUSHED_LIE", "1") : silo;
    }

    /// <summary>Undoes what was written and not flushed, last write first. Returns how many writes that were.</summary>
    public int Undo()
    {
        var open = new List<Record>();
        foreach (var record in Read())
        {
            if (record.Kind == 'S') open.RemoveAll(earlier => earlier.Path == record.Path);
            else open.Add(record);
        }

        for (var at = open.Count - 1; at >= 0; at--)
        {
            var record = open[at];
            using var file = new FileStream(record.Path, FileMode.Open, FileAccess.Write);
            file.Seek(record.Position, SeekOrigin.Begin);
            file.Write(record.OldBytes);
            file.SetLength(record.OldSize);
        }

        File.Delete(_journal);
        return open.Count;
    }

    private List<Record> Read()
    {
        var records = new List<Record>();
        using var file = new FileStream(_journal, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new BinaryReader(file);
        try
        {
            while (true)
            {
                var kind = (char)reader.ReadByte();
                var path = Encoding.UTF8.GetString(Exactly(reader.ReadInt32()));
                var (position, oldSize, oldCount, _) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
                records.Add(new Record(kind, path, position, oldSize, Exactly((int)oldCount)));
            }
        }
        catch (EndOfStreamException)
        {
            // The end; a record that is cut off belongs to a write that did not happen any more.
        }

        return records;

        byte[] Exactly(int count) => reader.ReadBytes(count) is var bytes && bytes.Length == count ? bytes : throw new EndOfStreamException();
    }

    private sealed record Record(char Kind, string Path, long Position, long OldSize, byte[] OldBytes);
}
