using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Protocol.Identity;

/// <summary>
/// Names a member of an inbox: a wallet address, an installation key or a passkey. Equal when kind and text are; nothing is normalised, so a mixed-case
/// address is another identifier than the lower-case one (05 §3.1).
/// </summary>
public sealed class MemberIdentifier : IEquatable<MemberIdentifier>
{
    private MemberIdentifier(MemberKind kind, string text, string? relyingParty = null)
    {
        Kind = kind;
        Text = text;
        RelyingParty = relyingParty;
    }

    /// <summary>What it names.</summary>
    public MemberKind Kind { get; }

    /// <summary>The address as it was given, or the key as lower-case hex. This is the text that is signed and looked up.</summary>
    public string Text { get; }

    /// <summary>The domain a passkey belongs to, where known. Not part of the identity.</summary>
    public string? RelyingParty { get; }

    /// <summary>Whether others find the inbox by it, so that the address log records it.</summary>
    public bool IsAddressable => Kind is not MemberKind.Installation;

    /// <summary>A wallet, by the text of its address exactly as it stands in an update.</summary>
    public static MemberIdentifier Ethereum(string address) => new(MemberKind.Ethereum, address);

    /// <summary>A wallet whose signature was checked: <c>0x</c> and lower-case digits.</summary>
    public static MemberIdentifier Ethereum(EthereumAddress address) => new(MemberKind.Ethereum, address.ToLowerHex());

    /// <summary>An installation, by its public key.</summary>
    public static MemberIdentifier Installation(ReadOnlySpan<byte> publicKey) => new(MemberKind.Installation, Convert.ToHexStringLower(publicKey));

    /// <summary>A passkey, by its public key as encoded: the compressed and the uncompressed form are two identifiers.</summary>
    public static MemberIdentifier Passkey(ReadOnlySpan<byte> publicKey, string? relyingParty) =>
        new(MemberKind.Passkey, Convert.ToHexStringLower(publicKey), relyingParty);

    /// <inheritdoc/>
    public bool Equals(MemberIdentifier? other) => other is not null && Kind == other.Kind && string.Equals(Text, other.Text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MemberIdentifier);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Text);

    /// <inheritdoc cref="Text"/>
    public override string ToString() => Text;
}
