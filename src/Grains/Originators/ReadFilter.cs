using XmtpOrleans.Protocol.Cursors;

namespace XmtpOrleans.Grains.Originators;

/// <summary>Which rows a read may return.</summary>
public sealed record ReadFilter
{
    /// <summary>Unix second at which expiry is judged: rows that expired before it are left out, except the newest key package of a topic.
    /// <see cref="long.MinValue"/> returns expired rows too.</summary>
    public required long NowSeconds { get; init; }

    /// <summary>Highest position of each log that may be returned; logs it does not name return nothing. <see langword="null"/> sets no ceiling.</summary>
    public Cursor? UpTo { get; init; }

    /// <summary>Most rows of one (topic, log) pair, so that one busy pair does not fill a page; zero for no such limit.</summary>
    public int PerPair { get; init; }
}
