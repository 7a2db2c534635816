namespace XmtpOrleans.Load.Workloads;

/// <summary>Processor seconds.</summary>
/// <param name="Own">Of the generator.</param>
/// <param name="Watched">Of the watched server processes that are alive.</param>
/// <param name="Database">Of the database server.</param>
internal readonly record struct ProcessorSeconds(double Own, double Watched, double Database)
{
    /// <summary>What was used after an earlier reading.</summary>
    public ProcessorSeconds Since(ProcessorSeconds earlier) => new(Own - earlier.Own, Watched - earlier.Watched, Database - earlier.Database);
}
