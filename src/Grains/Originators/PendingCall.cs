namespace XmtpOrleans.Grains.Originators;

/// <summary>One call of a process: it is answered when all its requests are.</summary>
internal sealed class PendingCall(int requests, TimeSpan patience, TimeProvider clock)
{
    private readonly PublishOutcome[] _outcomes = new PublishOutcome[requests];
    private readonly TaskCompletionSource<AppendReply> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _arrived = clock.GetTimestamp();
    private int _open = requests;
    private bool _ending;

    /// <summary>The answer.</summary>
    public Task<AppendReply> Reply => _reply.Task;

    /// <summary>Whether nobody waits for the answer any more.</summary>
    public bool IsTooLate => patience > TimeSpan.Zero && clock.GetElapsedTime(_arrived) >= patience;

    /// <summary>Notes that the activation ends before it could answer everything.</summary>
    public void MarkEnding() => _ending = true;

    /// <summary>Answers one request.</summary>
    public void Answer(int index, PublishOutcome outcome)
    {
        _outcomes[index] = outcome;
        if (--_open == 0) _reply.SetResult(new AppendReply { Outcomes = _outcomes, Ending = _ending });
    }
}
