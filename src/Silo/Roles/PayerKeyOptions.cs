using XmtpOrleans.Gateway.Payers;

namespace XmtpOrleans.Silo.Roles;

/// <summary>The key of the account that a payer gateway pays from.</summary>
internal sealed class PayerKeyOptions
{
    /// <summary>Configuration section.</summary>
    public const string SectionName = PayerOptions.SectionName;

    /// <summary>The private key, 64 hex digits, with 0x or without; a secret. No default.</summary>
    public string Key { get; set; } = "";
}
