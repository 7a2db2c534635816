namespace XmtpOrleans.Protocol.Mls;

/// <summary>What an MLSMessage holds (RFC 9420 §6), as far as group messages go. Zero is not a wire format.</summary>
public enum WireFormat : ushort
{
    /// <summary>Not read.</summary>
    None = 0,

    /// <summary>A handshake message in clear. Clients refuse it on a group topic.</summary>
    PublicMessage = 1,

    /// <summary>An encrypted message whose group, epoch and content type are in clear.</summary>
    PrivateMessage = 2,
}
