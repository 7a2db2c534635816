namespace XmtpOrleans.Protocol.Identity;

/// <summary>Why an identity update is refused. The text is the network's: peers tell refusals apart by it.</summary>
public sealed record IdentityRefusal(IdentityRefusalKind Kind, string Message)
{
    /// <summary>Whether the same update may pass later without anything else changing. Otherwise the refusal is for good.</summary>
    public bool IsRetryable => Kind is IdentityRefusalKind.VerifierUnavailable;

    internal static IdentityRefusal SignatureInvalid { get; } = new(IdentityRefusalKind.SignatureInvalid, "Signature validation failed");

    internal static IdentityRefusal NotCreated { get; } = new(IdentityRefusalKind.NotCreated, "XID not yet created");

    internal static IdentityRefusal Replay { get; } = new(IdentityRefusalKind.Replay, "Replay detected");

    internal static IdentityRefusal MissingExistingMember { get; } = new(IdentityRefusalKind.MissingExistingMember, "Missing existing member");

    internal static IdentityRefusal LegacySignatureReuse { get; } = new(
        IdentityRefusalKind.LegacySignatureReuse, "Legacy key is only allowed to be associated using a legacy signature with nonce 0");

    internal static IdentityRefusal InvalidAccountAddress { get; } = new(
        IdentityRefusalKind.InvalidAccountAddress, "Invalid account address: Must be 42 hex characters, starting with '0x'.");

    /// <summary>A legacy key may neither revoke nor change recovery; no other signature can be of the wrong kind for its member.</summary>
    internal static IdentityRefusal SignatureNotAllowed { get; } = new(
        IdentityRefusalKind.SignatureNotAllowed, "Signature not allowed for role \"ethereum\" \"legacy-delegated\"");

    internal static IdentityRefusal MemberNotAllowed { get; } = new(
        IdentityRefusalKind.MemberNotAllowed, "Member of kind installation not allowed to add installation");

    internal static IdentityRefusal ChainIdMismatch(ulong? addedOn, ulong? signedFrom) => new(
        IdentityRefusalKind.ChainIdMismatch, $"Wrong chain id. Initially added with {addedOn ?? 0} but now signing from {signedFrom ?? 0}");

    /// <summary>A part of the message is absent; <paramref name="type"/> is the reference's name of its type below the root of its messages.</summary>
    internal static IdentityRefusal Missing(string field, string type) => new(
        IdentityRefusalKind.ConversionMissing,
        $"missing field {field} of type xmtp_proto::generated::xmtp::{type} during conversion from protobuf");
}
