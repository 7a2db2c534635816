namespace XmtpOrleans.Protocol.Mls;

/// <summary>Extension types that decide something in a key package; every other number is carried unread.</summary>
internal enum ExtensionType : ushort
{
    ApplicationId = 0x0001,
    RatchetTree = 0x0002,
    RequiredCapabilities = 0x0003,
    ExternalPub = 0x0004,
    ExternalSenders = 0x0005,
    AppDataDictionary = 0x0006,
    LastResort = 0x000A,
    ImmutableMetadata = 0xF000,
}
