using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace XmtpOrleans.Protocol.Topics;

/// <summary>Where an envelope is published: one kind byte followed by that kind's identifier. Immutable.</summary>
public sealed class Topic : IEquatable<Topic> // a class: a zeroed topic would have no kind
{
    /// <summary>Longest topic a reader can name, in bytes (02 §11).</summary>
    public const int MaxLength = 128;

    private readonly byte[] _bytes;
    private readonly int _hash;

    private Topic(byte[] bytes)
    {
        _bytes = bytes;
        _hash = TopicComparer.Hash(bytes);
    }

    /// <summary>The first byte.</summary>
    public TopicKind Kind => (TopicKind)_bytes[0];

    /// <summary>Everything after the kind byte; at least one byte.</summary>
    public ReadOnlySpan<byte> Identifier => _bytes.AsSpan(1);

    /// <summary>The whole topic as it travels.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Whether only nodes themselves write to it (payer reports and attestations).</summary>
    public bool IsReserved => Kind is TopicKind.PayerReports or TopicKind.PayerReportAttestations;

    /// <summary>Reads a topic sent by a client, a peer or the store; <see langword="false"/> when shorter than two bytes, longer than
    /// <see cref="MaxLength"/> or of an unknown kind.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, [NotNullWhen(true)] out Topic? topic)
    {
        topic = Refusal(source) is null ? new Topic(source.ToArray()) : null;
        return topic is not null;
    }

    /// <summary>Why <see cref="TryParse"/> refuses these bytes, in words for the caller; <see langword="null"/> when it does not.</summary>
    public static string? Refusal(ReadOnlySpan<byte> source) => source.Length switch
    {
        < 2 => "topic must be at least 2 bytes long",
        > MaxLength => $"topic must be at most {MaxLength} bytes long",
        _ when source[0] > (byte)TopicKind.PayerReportAttestations => $"unknown topic kind {source[0]}",
        _ => null,
    };

    /// <summary>A topic of that kind and identifier (1 to 127 bytes).</summary>
    /// <exception cref="ArgumentException">The identifier is empty or too long, or the kind unknown.</exception>
    public static Topic Of(TopicKind kind, ReadOnlySpan<byte> identifier)
    {
        var bytes = new byte[identifier.Length + 1];
        bytes[0] = (byte)kind;
        identifier.CopyTo(bytes.AsSpan(1));
        return Refusal(bytes) is { } refusal ? throw new ArgumentException(refusal, nameof(identifier)) : new Topic(bytes);
    }

    /// <summary>The reserved topic of payer reports or attestations about an originator.</summary>
    public static Topic OfOriginator(TopicKind kind, uint originator)
    {
        Span<byte> identifier = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(identifier, originator);
        return Of(kind, identifier);
    }

    /// <inheritdoc/>
    public bool Equals(Topic? other) => other is not null && _hash == other._hash && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Topic);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <summary>The network's text form: kind name, slash, identifier in lower-case hex.</summary>
    public override string ToString() => $"{Name(Kind)}/{Convert.ToHexStringLower(Identifier)}";

    private static string Name(TopicKind kind) => kind switch
    {
        TopicKind.GroupMessages => "group_messages_v1",
        TopicKind.WelcomeMessages => "welcome_message_v1",
        TopicKind.IdentityUpdates => "identity_updates_v1",
        TopicKind.KeyPackages => "key_packages_v1",
        TopicKind.PayerReports => "payer_reports_v1",
        _ => "payer_report_attestations_v1",
    };
}
