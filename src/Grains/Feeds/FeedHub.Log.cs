using Microsoft.Extensions.Logging;

namespace XmtpOrleans.Grains.Feeds;

internal sealed partial class FeedHub
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.FeedLost, LogLevel.Error, "The feed of originator {Originator} is behind the store and does not advance; ended {Streams} streams")]
        public static partial void FeedLost(ILogger logger, uint originator, int streams);

        [LoggerMessage(EventIds.FeedMarksUnavailable, LogLevel.Warning, "The feed could not read the store's marks; it tries again until it can")]
        public static partial void MarksUnavailable(ILogger logger, Exception failure);

        [LoggerMessage(EventIds.FeedMarksAvailable, LogLevel.Information, "The feed reads the store's marks again")]
        public static partial void MarksAvailable(ILogger logger);
    }
}
