namespace XmtpOrleans.Grains.Topics;

/// <summary>The way to one topic: its grain, or past the grain to the end that it keeps in this process. Written by concurrent reads; any of their
/// values will do.</summary>
internal sealed class TopicRoute(long now)
{
    /// <summary>When it was read last.</summary>
    public long LastRead { get; set; } = now;

    /// <summary>Until when its grain is not to be woken.</summary>
    public long RestUntil { get; set; }

    /// <summary>The grain; set before anybody gets the route.</summary>
    public ITopicGrain Grain { get; set; } = null!;

    /// <summary>What the grain keeps, when it lives in this process.</summary>
    public TailBuffer? Tail { get; set; }

    /// <summary>From when on the grain is to be asked all the same: it does not notice who reads past it, and would go idle.</summary>
    public long AskGrainAt { get; set; }
}
