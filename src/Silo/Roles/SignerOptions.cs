namespace XmtpOrleans.Silo.Roles;

/// <summary>The key that signs this node's envelopes.</summary>
internal sealed class SignerOptions
{
    /// <summary>Configuration section.</summary>
    public const string SectionName = "Signer";

    /// <summary>The private key, 64 hex digits, with 0x or without; a secret. No default.</summary>
    public string Key { get; set; } = "";
}
