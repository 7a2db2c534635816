using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Protocol.Identity.Signatures;

// An account on some chain (CAIP-10): namespace:reference:address.
internal sealed record AccountId(string Chain, string Address)
{
    /// <summary>The number of an Ethereum chain; <see langword="null"/> for any other.</summary>
    public ulong? ChainNumber =>
        Chain.StartsWith("eip155:", StringComparison.Ordinal)
        && ulong.TryParse(Chain.AsSpan("eip155:".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    public static bool TryParse(string text, [NotNullWhen(true)] out AccountId? account, [NotNullWhen(false)] out IdentityRefusal? refusal)
    {
        var parts = text.Split(':');
        account = null;
        refusal = new(
            IdentityRefusalKind.ConversionAccountId,
            parts.Length == 3
                ? $"type eth account_id invalid. expected well-formed chain_id & address, got {text}"
                : $"type account_id has invalid length. expected 3 got {parts.Length}");
        if (parts.Length != 3
            || !Consists(parts[0], 3, 8, static c => c is '-' || char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))
            || !Consists(parts[1], 1, 32, static c => c is '-' or '_' || char.IsAsciiLetterOrDigit(c))
            || !Consists(parts[2], 1, 128, static c => c is '-' or '.' or '%' || char.IsAsciiLetterOrDigit(c)))
        {
            return false;
        }

        account = new($"{parts[0]}:{parts[1]}", parts[2]);
        refusal = null;
        return true;
    }

    /// <summary>The address as an Ethereum one: 40 hex digits, with or without a lower-case <c>0x</c>.</summary>
    public bool TryGetEthereumAddress(out EthereumAddress address)
    {
        address = default;
        return !Address.StartsWith("0X", StringComparison.Ordinal) && EthereumAddress.TryParse(Address, out address);
    }

    private static bool Consists(string part, int shortest, int longest, Func<char, bool> allowed) =>
        part.Length >= shortest && part.Length <= longest && part.All(allowed);
}
