using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Gateway.Tests.Nodes;

/// <summary>Accepts everything, and answers each envelope with a byte.</summary>
internal sealed class FakePublisher : IPublisher
{
    public bool IsFull { get; set; }

    public ConcurrentQueue<PublishRequest> Requests { get; } = [];

    /// <summary>That of the last caller.</summary>
    public TimeSpan? Patience { get; private set; }

    public bool TryReserve(int count, int bytes, [NotNullWhen(true)] out IDisposable? reservation, out TimeSpan retryAfter)
    {
        retryAfter = TimeSpan.FromSeconds(2);
        reservation = IsFull ? null : new CancellationTokenSource();
        return reservation is not null;
    }

    public Task<PublishOutcome> PublishAsync(PublishRequest request, TimeSpan patience, CancellationToken cancellationToken)
    {
        Patience = patience;
        Requests.Enqueue(request);
        return Task.FromResult(new PublishOutcome
        {
            Status = PublishStatus.Accepted,
            Envelopes = [.. request.Entries.Select(static _ => new byte[] { 0x0A, 0x00 })], // an empty originator envelope
        });
    }
}
