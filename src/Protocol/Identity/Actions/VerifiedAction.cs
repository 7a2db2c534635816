using XmtpOrleans.Protocol.Identity.Signatures;

namespace XmtpOrleans.Protocol.Identity.Actions;

internal sealed record VerifiedAction(IdentityAction Action, VerifiedSignature[] Signatures);
