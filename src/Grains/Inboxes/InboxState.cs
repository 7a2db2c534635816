using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Inboxes;

/// <summary>The association state of one inbox, and the judge of its next updates. The store decides what the state is: this only remembers it.</summary>
/// <remarks>Calls do not overlap. Answers come from exactly the state after the stored update that the caller names, so that two of these for one
/// inbox, or one that missed a commit, cannot answer differently.</remarks>
internal sealed class InboxState(InboxId inbox, IEnvelopeStore store, IUpdateVerifier verifier, IWalletVerifier wallets)
{
    private static readonly PageLimit Page = new(Count: 1_000, Bytes: 8 * 1024 * 1024);

    private readonly Topic _topic = Topic.Of(TopicKind.IdentityUpdates, inbox.ToArray());

    // What the inbox is after the stored update of that position, and what it would be after updates judged valid and perhaps stored meanwhile.
    private readonly List<(SequenceId After, AssociationState? State)> _known = [];

    /// <summary>Judges updates, each on top of the valid ones before it.</summary>
    /// <exception cref="StoreException">The state had to be read again and could not be.</exception>
    public async Task<InboxVerdicts> ValidateAsync(InboxUpdates updates, CancellationToken cancellationToken)
    {
        var current = await StateAfterAsync(updates.After, cancellationToken);
        _known.Clear();
        _known.Add((updates.After, current));

        var read = await verifier.VerifyAsync(inbox, [.. updates.Updates.Select(update => new ReadOnlyMemory<byte>(update.ClientEnvelope))]);
        var verdicts = new InboxVerdict[updates.Updates.Length];
        var isUndecided = false;
        for (var index = 0; index < verdicts.Length; index++)
        {
            // Behind an undecided update nothing can be judged: whether that one counts decides what the state is.
            if (isUndecided)
            {
                verdicts[index] = Refused(InboxVerdictStatus.Undecided, "an earlier update of this inbox is undecided");
                continue;
            }

            var sequence = updates.Updates[index].Sequence;
            var (update, refusal) = read[index];
            AssociationState? next = null;
            if (update is not null)
            {
                var answers = update.WalletChecks.Count == 0 ? [] : await wallets.VerifyAsync(update.WalletChecks, cancellationToken);
                update.TryApply(current, answers, out next, out refusal);
            }

            if (next is null)
            {
                isUndecided = refusal!.IsRetryable;
                verdicts[index] = Refused(isUndecided ? InboxVerdictStatus.Undecided : InboxVerdictStatus.Invalid, refusal.Message);
                continue;
            }

            verdicts[index] = new InboxVerdict { Status = InboxVerdictStatus.Valid, AddressChanges = ChangesOf(current, next, sequence) };
            current = next;
            if (sequence != default) _known.Add((sequence, next));
        }

        return new InboxVerdicts { Verdicts = verdicts };
    }

    private static InboxVerdict Refused(InboxVerdictStatus status, string reason) => new() { Status = status, Reason = reason };

    private AddressChange[] ChangesOf(AssociationState? before, AssociationState after, SequenceId sequence)
    {
        var diff = AssociationStateDiff.Between(before, after);
        return
        [
            .. diff.NewMembers.Where(IsAddress).Select(member => Change(member, isRevoked: false)),
            .. diff.RemovedMembers.Where(IsAddress).Select(member => Change(member, isRevoked: true)),
        ];

        static bool IsAddress(MemberIdentifier member) => member.Kind is MemberKind.Ethereum;

        AddressChange Change(MemberIdentifier member, bool isRevoked) => new()
        {
            Address = member.Text.ToLowerInvariant(), // looked up in lower case whatever the update wrote (02 §12.2)
            Inbox = inbox,
            Sequence = sequence,
            Revoked = isRevoked,
        };
    }

    private async Task<AssociationState?> StateAfterAsync(SequenceId after, CancellationToken cancellationToken)
    {
        foreach (var (position, state) in _known)
        {
            if (position == after) return state;
        }

        // All of them: an inbox may have any number of updates, and a state made from the first few would judge wrongly.
        var current = default(AssociationState?);
        var filter = new ReadFilter { NowSeconds = long.MinValue, UpTo = Cursor.Of(OriginatorId.IdentityUpdatesChain, after) };
        for (var from = Cursor.Empty; ;)
        {
            var page = await store.ReadTopicsAsync([new TopicPosition(_topic, from)], filter, Page, cancellationToken);
            current = await ApplyStoredAsync(current, page.Entries);
            if (!page.More || page.Entries.Count == 0) return current;
            from = Cursor.Of(OriginatorId.IdentityUpdatesChain, page.Entries[^1].Sequence);
        }
    }

    private async Task<AssociationState?> ApplyStoredAsync(AssociationState? current, IReadOnlyList<LogEntry> entries)
    {
        var envelopes = entries.Select(entry => SealedEnvelope.TryParse(entry.Bytes, out var envelope, out var refusal)
            ? envelope.Payer.Client.Bytes
            : throw new StoreException($"envelope {entry.Originator}:{entry.Sequence} cannot be read: {refusal}")).ToList();
        var read = await verifier.VerifyAsync(inbox, envelopes);
        for (var index = 0; index < read.Count; index++)
        {
            var refusal = read[index].Refusal;
            if (read[index].Update?.TryApplyStored(current, out current, out refusal) == true) continue;
            var entry = entries[index];
            throw new StoreException($"identity update {entry.Originator}:{entry.Sequence} is stored but does not apply: {refusal?.Message}");
        }

        return current;
    }
}
