namespace XmtpOrleans.Grains.Originators;

/// <summary>Entries read from the store.</summary>
/// <param name="Entries">The entries in the order the read promises.</param>
/// <param name="More">Whether a limit cut the page, so that more may follow.</param>
public sealed record EntryPage(IReadOnlyList<LogEntry> Entries, bool More)
{
    /// <summary>A page without entries.</summary>
    public static EntryPage Empty { get; } = new([], More: false);
}
