using System.Diagnostics.CodeAnalysis;
using XmtpOrleans.Protocol.Identity.Actions;
using XmtpOrleans.Protocol.Identity.Signatures;

namespace XmtpOrleans.Protocol.Identity;

/// <summary>
/// An identity update whose signatures hold, except for <see cref="WalletChecks"/>, which a chain must answer first. Applying it is cheap and pure.
/// </summary>
public sealed class VerifiedIdentityUpdate
{
    private readonly string _inboxId;
    private readonly ulong _clientTimestampNs;
    private readonly VerifiedAction[] _actions;

    internal VerifiedIdentityUpdate(string inboxId, ulong clientTimestampNs, VerifiedAction[] actions, IReadOnlyList<WalletCheck> walletChecks)
    {
        _inboxId = inboxId;
        _clientTimestampNs = clientTimestampNs;
        _actions = actions;
        WalletChecks = walletChecks;
    }

    /// <summary>What chains must answer before it can be applied, each once; empty unless a smart contract wallet signed.</summary>
    public IReadOnlyList<WalletCheck> WalletChecks { get; }

    /// <summary>
    /// Applies the update to a state, or to none when it is the first of its inbox: all of it or nothing. A check that failed for good is reported
    /// before one that is worth trying again.
    /// </summary>
    /// <param name="current">The state after the inbox's previous update; never changed.</param>
    /// <param name="verdicts">The answers to <see cref="WalletChecks"/>, in their order.</param>
    /// <param name="next">The state after the update.</param>
    /// <param name="refusal">Why it does not count.</param>
    public bool TryApply(
        AssociationState? current,
        IReadOnlyList<WalletVerdict> verdicts,
        [NotNullWhen(true)] out AssociationState? next,
        [NotNullWhen(false)] out IdentityRefusal? refusal)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(verdicts.Count, WalletChecks.Count, nameof(verdicts));
        next = null;
        refusal = null;
        for (var index = 0; index < verdicts.Count && refusal is null or { IsRetryable: true }; index++)
        {
            refusal = verdicts[index].RefusalOf(WalletChecks[index]) ?? refusal;
        }

        return refusal is null && TryApplyStored(current, out next, out refusal);
    }

    /// <summary>
    /// Applies an update that the inbox's own log holds: its wallet checks passed when it was stored and are not asked again, because a chain that has
    /// forgotten the block must not freeze the inbox.
    /// </summary>
    public bool TryApplyStored(
        AssociationState? current, [NotNullWhen(true)] out AssociationState? next, [NotNullWhen(false)] out IdentityRefusal? refusal)
    {
        next = null;
        var state = current;
        foreach (var (action, signatures) in _actions)
        {
            refusal = action.Apply(ref state, signatures, _clientTimestampNs);
            if (refusal is not null) return false;
        }

        refusal = IdentityRefusal.NotCreated;
        if (state is null) return false;
        refusal = new(IdentityRefusalKind.WrongInboxId, "Wrong inbox_id specified on association");
        if (!string.Equals(state.Inbox.ToString(), _inboxId, StringComparison.Ordinal)) return false;

        refusal = null;
        // Only now: one signature may serve several actions of one update.
        next = state.WithSeen(_actions.SelectMany(static action => action.Signatures).Select(static signature => signature.RawBytes));
        return true;
    }
}
