using System.Diagnostics;
using System.Globalization;

namespace XmtpOrleans.Load.Workloads;

/// <summary>Processor time of the generator, of the server processes it was told to watch, and of the database, so that nobody mistakes one's limit for another's.</summary>
/// <param name="watched">The server processes.</param>
/// <param name="database">The database server's first process: its children count too. Zero when there is none to watch.</param>
internal sealed class ProcessorTime(IReadOnlyList<int> watched, int database)
{
    private const double TicksPerSecond = 100; // of Linux for every program, whatever the kernel's own clock

    /// <summary>Processor seconds so far.</summary>
    public ProcessorSeconds Read()
    {
        using var own = Process.GetCurrentProcess();
        return new ProcessorSeconds(own.TotalProcessorTime.TotalSeconds, watched.Sum(Of), database > 0 ? Family(database) : 0);
    }

    private static double Of(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return process.TotalProcessorTime.TotalSeconds;
        }
        catch (ArgumentException)
        {
            return 0; // ended meanwhile
        }
    }

    // A process, those of its children that ended, and those that live.
    private static double Family(int id) =>
        Ticks(id, withEnded: true) + File.ReadAllText($"/proc/{id}/task/{id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Sum(child => Ticks(int.Parse(child, CultureInfo.InvariantCulture), withEnded: false));

    private static double Ticks(int id, bool withEnded)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            // The name before them may hold spaces; then come state and numbers: user and system time are the 14th and 15th field, those of ended children the next two.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields.Skip(11).Take(withEnded ? 4 : 2).Sum(ticks => long.Parse(ticks, CultureInfo.InvariantCulture)) / TicksPerSecond;
        }
        catch (IOException)
        {
            return 0; // ended meanwhile
        }
    }
}
