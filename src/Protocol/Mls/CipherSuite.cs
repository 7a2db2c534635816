namespace XmtpOrleans.Protocol.Mls;

/// <summary>The cipher suites a key package may name (RFC 9420 §17.1 and one draft). Clients use one: <see cref="X25519ChaCha20Ed25519"/>.</summary>
internal enum CipherSuite : ushort
{
    X25519Aes128Ed25519 = 0x0001,
    P256Aes128P256 = 0x0002,
    X25519ChaCha20Ed25519 = 0x0003,
    X448Aes256Ed448 = 0x0004,
    P521Aes256P521 = 0x0005,
    X448ChaCha20Ed448 = 0x0006,
    P384Aes256P384 = 0x0007,
    XWingChaCha20Ed25519 = 0x004D,
}
