using System.Diagnostics.CodeAnalysis;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity.Actions;
using XmtpOrleans.Protocol.Identity.Signatures;
using XmtpOrleans.Protocol.Topics;
using WireUpdate = Xmtp.Identity.Associations.IdentityUpdate;

namespace XmtpOrleans.Protocol.Identity;

/// <summary>An identity update as it arrived: well-formed, with no signature checked yet.</summary>
public sealed class ParsedIdentityUpdate
{
    private static readonly WireShape Shape = WireShape.Of(WireUpdate.Descriptor);
    private static readonly WireShape EnvelopeShape = WireShape.Of(Xmtp.Xmtpv4.Envelopes.ClientEnvelope.Descriptor);

    private readonly IReadOnlyList<IdentityAction> _actions;

    private ParsedIdentityUpdate(string inboxId, ulong clientTimestampNs, IReadOnlyList<IdentityAction> actions)
    {
        InboxId = inboxId;
        ClientTimestampNs = clientTimestampNs;
        _actions = actions;
    }

    /// <summary>The inbox it says it is for, as written: another case is another inbox.</summary>
    public string InboxId { get; }

    /// <summary>The time it claims, nanoseconds since the Unix epoch; may lie anywhere.</summary>
    public ulong ClientTimestampNs { get; }

    /// <summary>
    /// Reads an update published to the log of <paramref name="inbox"/>. Beyond what clients check, the envelope's topic and the inbox id inside must
    /// both be that inbox's (05 §7.4): otherwise anyone could file a copy of somebody's update under a foreign inbox.
    /// </summary>
    public static bool TryParseEnvelope(
        InboxId inbox,
        ReadOnlyMemory<byte> clientEnvelope,
        [NotNullWhen(true)] out ParsedIdentityUpdate? update,
        [NotNullWhen(false)] out IdentityRefusal? refusal)
    {
        update = null;
        if (!EnvelopeShape.Accepts(clientEnvelope.Span))
        {
            refusal = new(IdentityRefusalKind.Undecodable, "decoding proto failed: clients cannot decode the envelope");
            return false;
        }

        if (!ParsedClientEnvelope.TryParse(clientEnvelope, out var envelope, out var envelopeRefusal))
        {
            refusal = new(IdentityRefusalKind.Undecodable, envelopeRefusal);
            return false;
        }

        refusal = RefusalAsMisfiled(inbox, envelope);
        return refusal is null && TryRead(envelope.Message.IdentityUpdate, out update, out refusal);
    }

    /// <summary>Reads the bytes of an update, for whatever inbox.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out ParsedIdentityUpdate? update, [NotNullWhen(false)] out IdentityRefusal? refusal)
    {
        if (Shape.TryParse(bytes, WireUpdate.Parser, out var message)) return TryRead(message, out update, out refusal);
        update = null;
        refusal = new(IdentityRefusalKind.Undecodable, "decoding proto failed: not an identity update");
        return false;
    }

    /// <summary>
    /// Checks every signature but for what only a chain can say; that is left in <see cref="VerifiedIdentityUpdate.WalletChecks"/>. Costs 30 to 150 µs
    /// a signature and depends on nothing but the update: run it off a grain's turn.
    /// </summary>
    public bool TryVerify([NotNullWhen(true)] out VerifiedIdentityUpdate? verified, [NotNullWhen(false)] out IdentityRefusal? refusal)
    {
        verified = null;
        refusal = null;
        var text = TextToSign();
        var actions = new VerifiedAction[_actions.Count];
        // The same signature often stands in several actions of an update: whoever creates an inbox vouches with it for the first installation too.
        var known = new Dictionary<Xmtp.Identity.Associations.Signature, VerifiedSignature>();
        for (var index = 0; index < actions.Length; index++)
        {
            var signatures = new VerifiedSignature[_actions[index].Signatures.Count];
            for (var position = 0; position < signatures.Length; position++)
            {
                var signature = _actions[index].Signatures[position];
                if (!known.TryGetValue(signature.Message, out var checkedOnce))
                {
                    if (!signature.TryVerify(text, out checkedOnce, out refusal)) return false;
                    known.Add(signature.Message, checkedOnce);
                }

                signatures[position] = checkedOnce;
            }

            actions[index] = new(_actions[index], signatures);
        }

        verified = new(InboxId, ClientTimestampNs, actions, [.. known.Values.Select(static signature => signature.Check).OfType<WalletCheck>()]);
        return true;
    }

    internal SignatureText TextToSign() => SignatureText.Of(InboxId, ClientTimestampNs, _actions);

    private static bool TryRead(
        WireUpdate message, [NotNullWhen(true)] out ParsedIdentityUpdate? update, [NotNullWhen(false)] out IdentityRefusal? refusal)
    {
        update = null;
        refusal = null;
        var actions = new IdentityAction[message.Actions.Count];
        for (var index = 0; index < actions.Length; index++)
        {
            if (!IdentityAction.TryRead(message.Actions[index], out var action, out refusal)) return false;
            actions[index] = action;
        }

        update = new(message.InboxId, message.ClientTimestampNs, actions);
        return true;
    }

    private static IdentityRefusal? RefusalAsMisfiled(InboxId inbox, ParsedClientEnvelope envelope)
    {
        Span<byte> identifier = stackalloc byte[Identity.InboxId.Size];
        inbox.CopyTo(identifier);
        if (envelope.Topic.Kind is not TopicKind.IdentityUpdates || !envelope.PayloadMatchesTopic)
        {
            return new(IdentityRefusalKind.WrongLog, "the envelope carries no identity update on an identity topic");
        }

        if (!envelope.Topic.Identifier.SequenceEqual(identifier))
        {
            return new(IdentityRefusalKind.WrongLog, "the envelope's topic is another inbox's");
        }

        return string.Equals(envelope.Message.IdentityUpdate.InboxId, inbox.ToString(), StringComparison.Ordinal)
            ? null
            : new(IdentityRefusalKind.WrongLog, "the inbox id inside the update is another inbox's");
    }
}
