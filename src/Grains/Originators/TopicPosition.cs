using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Originators;

/// <summary>Where a reader stands in one topic.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="After">The last position seen of each log; a log it does not name starts at the beginning.</param>
public sealed record TopicPosition(Topic Topic, Cursor After);
