namespace XmtpOrleans.Protocol.Mls;

/// <summary>How a leaf node came to be (RFC 9420 §7.2).</summary>
internal enum LeafNodeSource : byte
{
    KeyPackage = 1,
    Update = 2,
    Commit = 3,
}
