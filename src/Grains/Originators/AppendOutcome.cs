namespace XmtpOrleans.Grains.Originators;

/// <summary>How a fenced append ended when the store answered.</summary>
public enum AppendOutcome
{
    /// <summary>Everything is stored and flushed to disk.</summary>
    Committed = 0,

    /// <summary>Nothing is stored: another lease was taken, or the log is not where the caller believed.</summary>
    Fenced = 1,
}
