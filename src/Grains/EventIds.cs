namespace XmtpOrleans.Grains;

// Ids of log lines of this project; never reused.
internal static class EventIds
{
    // Sequencer: 1000-1019
    public const int LeaseTaken = 1000;
    public const int LeaseFailed = 1001;
    public const int LogFenced = 1002;
    public const int CommitUnknown = 1003;
    public const int SequencerFailed = 1004;
    public const int ClockOutOfRange = 1005;
    public const int ClockBackInRange = 1006;
    public const int FingerprintsLoaded = 1007;
    public const int FingerprintsUnread = 1008;
    public const int DuplicateUnread = 1009;
    public const int StoreLate = 1010;

    // Publish batcher: 1020-1029
    public const int PublishRetried = 1020;
    public const int PublishFailed = 1021;

    // Chain logs: 1040-1059
    public const int ChainLogLeaseTaken = 1040;
    public const int ChainLogFenced = 1041;
    public const int ChainLogUnread = 1042;
    public const int ChainLogUnknown = 1043;
    public const int ChainLogFailed = 1044;
    public const int ChainEventRejected = 1045;
    public const int ChainUpdateUndecided = 1046;
    public const int LogUnreachable = 1047;
    public const int LogCannotLive = 1048;

    // Hosting: 1060-1079
    public const int LogsMoved = 1060;
    public const int LogsStayed = 1061;
    public const int SiloCutOff = 1062;
    public const int SiloNotCutOff = 1063;
    public const int SiloEnds = 1064;
    public const int StoreWatchFailed = 1065;

    // Feeds: 1100-1119
    public const int FeedLost = 1100;
    public const int FeedMarksUnavailable = 1101;
    public const int FeedBehind = 1102;
    public const int FeedSkipped = 1103;
    public const int FeedGapUnread = 1104;
    public const int FeedFollowFailed = 1105;
    public const int FeedReadFailed = 1106;
    public const int FeedMarksAvailable = 1118;
    public const int FeedSlotsUnread = 1107;
    public const int FeedNotSubscribed = 1108;
    public const int FeedResubscribed = 1109;
    public const int FeedDeliveryFailed = 1110;
    public const int FeedNotUnsubscribed = 1111;
}
