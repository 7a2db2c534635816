namespace XmtpOrleans.Protocol.Mls;

/// <summary>How closely a group message is read.</summary>
public enum GroupMessageReading
{
    /// <summary>To the end, every rule of RFC 9420 that shows on the outside, 16-byte group id. What a publish must pass.</summary>
    Strict,

    /// <summary>Up to the content type, like the reference: for what somebody else has originated already.</summary>
    Lenient,
}
