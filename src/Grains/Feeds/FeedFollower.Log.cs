using Microsoft.Extensions.Logging;

namespace XmtpOrleans.Grains.Feeds;

internal sealed partial class FeedFollower
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.FeedBehind, LogLevel.Warning, "The feed of originator {Originator} stands at {Position}, the store at {Mark}; reading what is missing")]
        public static partial void Behind(ILogger logger, uint originator, ulong position, ulong mark);

        [LoggerMessage(EventIds.FeedSkipped, LogLevel.Warning, "The feed of originator {Originator} jumps from {Position} to {Mark}; streams read the store")]
        public static partial void Skipped(ILogger logger, uint originator, ulong position, ulong mark);

        [LoggerMessage(EventIds.FeedGapUnread, LogLevel.Warning, "The feed of originator {Originator} could not read the store after {Position}")]
        public static partial void GapUnread(ILogger logger, uint originator, ulong position, Exception failure);

        [LoggerMessage(EventIds.FeedFollowFailed, LogLevel.Error, "Following originator {Originator} failed and is tried again")]
        public static partial void FollowFailed(ILogger logger, uint originator, Exception failure);
    }
}
