using System.Collections.Immutable;

namespace XmtpOrleans.Protocol.Identity;

/// <summary>
/// An inbox after its log has been applied so far. Immutable: an update gives a new state that shares all it did not touch, so keeping, copying and
/// advancing states is cheap.
/// </summary>
public sealed class AssociationState
{
    private static readonly ImmutableHashSet<byte[]> NoSignatures = ImmutableHashSet.Create<byte[]>(new BytesComparer());

    private readonly ImmutableDictionary<MemberIdentifier, Member> _members;
    private readonly ImmutableHashSet<byte[]> _seenSignatures;

    private AssociationState(
        InboxId inbox,
        MemberIdentifier recovery,
        ImmutableDictionary<MemberIdentifier, Member> members,
        ImmutableHashSet<byte[]> seenSignatures)
    {
        Inbox = inbox;
        Recovery = recovery;
        _members = members;
        _seenSignatures = seenSignatures;
    }

    /// <summary>The inbox.</summary>
    public InboxId Inbox { get; }

    /// <summary>Who may revoke members and change this identifier. It need not be a member.</summary>
    public MemberIdentifier Recovery { get; }

    /// <summary>The members, by identifier.</summary>
    public IReadOnlyDictionary<MemberIdentifier, Member> Members => _members;

    /// <summary>The raw signatures of all updates so far; none of them counts again. Grows for ever.</summary>
    public IReadOnlyCollection<byte[]> SeenSignatures => _seenSignatures;

    internal static AssociationState Created(InboxId inbox, Member creator) => new(
        inbox,
        creator.Identifier,
        ImmutableDictionary<MemberIdentifier, Member>.Empty.Add(creator.Identifier, creator),
        NoSignatures);

    internal Member? Find(MemberIdentifier identifier) => _members.GetValueOrDefault(identifier);

    internal bool HasSeen(byte[] signature) => _seenSignatures.Contains(signature);

    // Adding a member again replaces it.
    internal AssociationState With(Member member) => new(Inbox, Recovery, _members.SetItem(member.Identifier, member), _seenSignatures);

    internal AssociationState WithRecovery(MemberIdentifier recovery) => new(Inbox, recovery, _members, _seenSignatures);

    internal AssociationState WithSeen(IEnumerable<byte[]> signatures) => new(Inbox, Recovery, _members, _seenSignatures.Union(signatures));

    // The installations it vouched for leave with it, one level deep; wallets and passkeys stay.
    internal AssociationState Without(MemberIdentifier identifier)
    {
        var children = _members.Values
            .Where(member => member.Identifier.Kind is MemberKind.Installation && identifier.Equals(member.AddedBy))
            .Select(static member => member.Identifier);
        return new(Inbox, Recovery, _members.RemoveRange([identifier, .. children]), _seenSignatures);
    }

    private sealed class BytesComparer : IEqualityComparer<byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        // Seeded per process, so that nobody can choose signatures that collide.
        public int GetHashCode(byte[] obj)
        {
            var hash = default(HashCode);
            hash.AddBytes(obj);
            return hash.ToHashCode();
        }
    }
}
