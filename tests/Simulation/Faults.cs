namespace XmtpOrleans.Simulation;

/// <summary>What goes wrong in a run, as probabilities of each occasion.</summary>
internal sealed record Faults
{
    public static Faults None { get; } = new();

    /// <summary>Some of everything.</summary>
    public static Faults Some { get; } = new()
    {
        LoseCall = 0.02, LoseReply = 0.02, RepeatCall = 0.05, StoreFails = 0.02, StoreAnswerLost = 0.02, SignerFails = 0.005, Chaos = true,
    };

    public double LoseCall { get; init; }

    public double LoseReply { get; init; }

    public double RepeatCall { get; init; }

    public double StoreFails { get; init; }

    public double StoreAnswerLost { get; init; }

    public double SignerFails { get; init; }

    /// <summary>Silos die, freeze, disagree about who owns the log, and their clocks jump.</summary>
    public bool Chaos { get; init; }

    /// <summary>Writes without a fence, to show that the model notices.</summary>
    public bool Unfenced { get; init; }

    /// <summary>Stamps whatever the clock says.</summary>
    public bool IgnoresClock { get; init; }

    /// <summary>Forgets at every lease how fingerprints were keyed, so that repetitions are not known again.</summary>
    public bool ForgetsFingerprints { get; init; }

    /// <summary>The store says that a commit is durable before it is, so that it is shown too early.</summary>
    public bool AnswersBeforeDurable { get; init; }
}
