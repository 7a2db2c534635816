namespace XmtpOrleans.Protocol.Identity;

/// <summary>Who joined and who left an inbox between two states. A member removed and added again is in neither list.</summary>
public sealed record AssociationStateDiff(IReadOnlyList<MemberIdentifier> NewMembers, IReadOnlyList<MemberIdentifier> RemovedMembers)
{
    /// <summary>Compares two states of one inbox; without an earlier one every member is new.</summary>
    public static AssociationStateDiff Between(AssociationState? earlier, AssociationState later) => new(
        [.. later.Members.Keys.Where(identifier => earlier is null || !earlier.Members.ContainsKey(identifier))],
        [.. earlier is null ? [] : earlier.Members.Keys.Where(identifier => !later.Members.ContainsKey(identifier))]);
}
