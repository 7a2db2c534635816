using XmtpOrleans.Protocol.Cursors;

namespace XmtpOrleans.Grains.Originators;

/// <summary>The last entries of one topic.</summary>
/// <param name="Entries">The entries, ascending by (originator, sequence id).</param>
/// <param name="Floor">Where each log was cut: the page holds every entry of the topic after these positions. A log that is not named
/// was not cut: the page holds all that the store has of it.</param>
public sealed record TailPage(IReadOnlyList<LogEntry> Entries, Cursor Floor);
