namespace XmtpOrleans.Grains.Originators;

/// <summary>One publish request between its arrival at the sequencer and its answer.</summary>
internal sealed class PendingPublish(PendingCall call, int index, PublishRequest request)
{
    private bool _isReleased;

    /// <summary>What was asked.</summary>
    public PublishRequest Request => request;

    /// <summary>Total length of the payer envelopes.</summary>
    public int Bytes { get; } = request.ByteCount;

    /// <summary>Keyed fingerprints of the entries, at the same index.</summary>
    public long[] Fingerprints { get; } = new long[request.Entries.Length];

    /// <summary>What an entry is answered with when it was stored before, at the same index.</summary>
    public byte[]?[] Stored { get; } = new byte[]?[request.Entries.Length];

    /// <summary>The row of this batch or of the one before that answers an entry, at the same index.</summary>
    public StampedRow?[] Rows { get; } = new StampedRow?[request.Entries.Length];

    /// <summary>How it was answered; <see langword="null"/> before.</summary>
    public PublishStatus? Status { get; private set; }

    /// <summary>Whether it is answered.</summary>
    public bool IsAnswered => Status is not null;

    /// <summary>Whether nobody waits for the answer any more.</summary>
    public bool IsTooLate => call.IsTooLate;

    /// <summary>Whether an entry's answer is known, from a row or from the store.</summary>
    public bool IsKnown(int entry) => Stored[entry] is not null || Rows[entry] is not null;

    /// <summary>Answers with the stored bytes; everything it refers to is committed.</summary>
    public void Accept()
    {
        var envelopes = new byte[Stored.Length][];
        for (var at = 0; at < envelopes.Length; at++)
        {
            envelopes[at] = Stored[at] ?? Rows[at]!.Signed;
        }

        Answer(new PublishOutcome { Status = PublishStatus.Accepted, Envelopes = envelopes });
    }

    /// <summary>Answers with a refusal of the whole request.</summary>
    public void Refuse(PublishStatus status, TimeSpan retryAfter, int entry = 0) =>
        Answer(new PublishOutcome { Status = status, RetryAfter = retryAfter, EntryIndex = entry });

    /// <summary>Notes that the activation ends before it could answer.</summary>
    public void MarkEnding() => call.MarkEnding();

    /// <summary>Gives back the room it took in the queue; <see langword="false"/> when that is done.</summary>
    public bool TryRelease()
    {
        var released = _isReleased;
        _isReleased = true;
        return !released;
    }

    private void Answer(PublishOutcome outcome)
    {
        if (IsAnswered) return;
        Status = outcome.Status;
        call.Answer(index, outcome);
    }
}
