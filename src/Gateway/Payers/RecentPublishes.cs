using Microsoft.Extensions.Options;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Remembers what was published, so that an identical client envelope is the same publish: clients send again whatever failed, and
/// whatever they did not see succeed. Failures are not remembered.</summary>
internal sealed class RecentPublishes(IOptions<PayerOptions> options, TimeProvider clock)
{
    private const int EntryOverheadBytes = 200;

    private readonly Lock _lock = new();
    private readonly Dictionary<EnvelopeKey, TaskCompletionSource<PublishResult?>> _entries = [];
    private readonly Queue<(EnvelopeKey Key, long FinishedAt, int Bytes)> _finished = new(); // oldest first
    private long _bytes;

    /// <summary>Takes the envelope over, unless somebody publishes it at this moment or did a short time ago.</summary>
    public Claim Take(EnvelopeKey key)
    {
        lock (_lock)
        {
            Forget();
            if (_entries.TryGetValue(key, out var known)) return new Claim(this, key, known, isOwner: false);

            var entry = new TaskCompletionSource<PublishResult?>(TaskCreationOptions.RunContinuationsAsynchronously);
            _entries.Add(key, entry);
            return new Claim(this, key, entry, isOwner: true);
        }
    }

    private void Finish(EnvelopeKey key, TaskCompletionSource<PublishResult?> entry, PublishResult? result)
    {
        lock (_lock)
        {
            if (entry.Task.IsCompleted) return;
            if (result is { IsPublished: true, Envelope.Length: var length })
            {
                _finished.Enqueue((key, clock.GetTimestamp(), length + EntryOverheadBytes));
                _bytes += length + EntryOverheadBytes;
            }
            else
            {
                _entries.Remove(key);
            }

            entry.SetResult(result);
            Forget();
        }
    }

    private void Forget()
    {
        while (_finished.TryPeek(out var oldest)
            && (_bytes > options.Value.MaxRememberedBytes || clock.GetElapsedTime(oldest.FinishedAt) > options.Value.RememberFor))
        {
            _finished.Dequeue();
            _entries.Remove(oldest.Key);
            _bytes -= oldest.Bytes;
        }
    }

    /// <summary>Somebody's interest in one envelope. Its owner publishes it and has to finish or abandon the claim.</summary>
    internal sealed class Claim(
        RecentPublishes publishes, EnvelopeKey key, TaskCompletionSource<PublishResult?> entry, bool isOwner)
    {
        /// <summary>Whether the holder is the one who publishes.</summary>
        public bool IsOwner { get; } = isOwner;

        /// <summary>The outcome; <see langword="null"/> when the owner gave up and somebody else has to take the envelope over.</summary>
        public Task<PublishResult?> Result => entry.Task;

        /// <summary>The owner's outcome, for everybody who waits. Only the first call counts.</summary>
        public void Finish(PublishResult result) => publishes.Finish(key, entry, result);

        /// <summary>The owner gives up; no effect once finished.</summary>
        public void Abandon() => publishes.Finish(key, entry, result: null);
    }
}
