namespace XmtpOrleans.Silo.Ops;

/// <summary>Something that a process needs to serve and publish, looked at again and again.</summary>
internal interface IReadinessProbe
{
    /// <summary>What is missing, in one line; <see langword="null"/> when nothing is.</summary>
    string? Fault { get; }
}
