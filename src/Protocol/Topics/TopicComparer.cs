namespace XmtpOrleans.Protocol.Topics;

/// <summary>Compares topics, and lets a dictionary keyed by <see cref="Topic"/> be asked with raw bytes without allocating.</summary>
public sealed class TopicComparer : IEqualityComparer<Topic>, IAlternateEqualityComparer<ReadOnlySpan<byte>, Topic>
{
    /// <summary>The one instance.</summary>
    public static TopicComparer Instance { get; } = new();

    private TopicComparer()
    {
    }

    /// <inheritdoc/>
    public bool Equals(Topic? x, Topic? y) => x is null ? y is null : x.Equals(y);

    /// <inheritdoc/>
    public int GetHashCode(Topic obj) => obj.GetHashCode();

    /// <inheritdoc/>
    public bool Equals(ReadOnlySpan<byte> alternate, Topic other) => other.Bytes.Span.SequenceEqual(alternate);

    /// <inheritdoc/>
    public int GetHashCode(ReadOnlySpan<byte> alternate) => Hash(alternate);

    /// <inheritdoc/>
    public Topic Create(ReadOnlySpan<byte> alternate) =>
        Topic.TryParse(alternate, out var topic) ? topic : throw new ArgumentException(Topic.Refusal(alternate), nameof(alternate));

    // Randomised per process, so that a client cannot choose topics that collide.
    internal static int Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = default(HashCode);
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }
}
