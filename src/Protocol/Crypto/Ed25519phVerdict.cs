namespace XmtpOrleans.Protocol.Crypto;

internal enum Ed25519phVerdict
{
    Valid,
    KeyNotAPoint,
    ScalarNotCanonical,
    EquationNotSatisfied,
}
