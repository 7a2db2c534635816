namespace XmtpOrleans.Testing;

/// <summary>The calls of a <see cref="FakeEnvelopeStore"/>.</summary>
public enum StoreCall
{
    /// <summary>A lease is taken.</summary>
    TakeLease,

    /// <summary>A commit is written.</summary>
    Append,

    /// <summary>The marks are read.</summary>
    ReadMarks,

    /// <summary>A log is read.</summary>
    ReadLog,

    /// <summary>Several logs are read.</summary>
    ReadOriginators,

    /// <summary>Topics are read.</summary>
    ReadTopics,

    /// <summary>The end of a topic is read.</summary>
    ReadTopicTail,

    /// <summary>The newest entries are read.</summary>
    ReadNewest,

    /// <summary>One entry is read.</summary>
    ReadEntry,

    /// <summary>Addresses are looked up.</summary>
    ReadInboxIds,

    /// <summary>Fingerprints are read.</summary>
    ReadFingerprints,

    /// <summary>Congestion counts are read.</summary>
    ReadCongestion,

    /// <summary>A payer's usage is read.</summary>
    ReadUsage,

    /// <summary>A chain cursor is read.</summary>
    ReadChainCursor,

    /// <summary>The queue slots are read.</summary>
    ReadQueueSlots,

    /// <summary>The store is probed.</summary>
    Probe,
}
