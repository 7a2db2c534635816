namespace XmtpOrleans.Protocol.Identity.Signatures;

internal enum SignatureKind
{
    Erc191,
    Erc1271,
    InstallationKey,
    LegacyDelegated,
    P256,
}
