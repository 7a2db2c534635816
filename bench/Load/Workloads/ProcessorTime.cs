using System.Diagnostics;

namespace XmtpOrleans.Load.Workloads;

/// <summary>Processor time of the generator and of the server processes it was told to watch, so that nobody mistakes one's limit for the other's.</summary>
internal sealed class ProcessorTime(IReadOnlyList<int> watched)
{
    /// <summary>Processor seconds so far: the generator's own, and the sum over the watched processes that are alive.</summary>
    public (double Own, double Watched) Read()
    {
        using var own = Process.GetCurrentProcess();
        return (own.TotalProcessorTime.TotalSeconds, watched.Sum(Of));
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
}
