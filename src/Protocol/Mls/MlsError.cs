namespace XmtpOrleans.Protocol.Mls;

/// <summary>Why bytes are not the structure of RFC 9420 they should be. Zero means they are.</summary>
internal enum MlsError
{
    None,

    /// <summary>A field or a declared length reaches past the end.</summary>
    EndOfStream,

    /// <summary>A length header of the reserved form, or longer than it has to be.</summary>
    InvalidVectorLength,
}
