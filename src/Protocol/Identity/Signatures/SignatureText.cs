using System.Globalization;
using System.Text;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Identity.Actions;

namespace XmtpOrleans.Protocol.Identity.Signatures;

// The text that all signatures of one update are over (05 §4.1). Identifiers stand in it as given, line ends and all.
internal sealed class SignatureText
{
    private readonly byte[] _hash = new byte[Keccak256.Size];

    private SignatureText(string text)
    {
        Text = text;
        Utf8 = Encoding.UTF8.GetBytes(text);
        SigningHashes.PersonalMessage(Utf8, _hash);
    }

    public string Text { get; }

    public byte[] Utf8 { get; }

    /// <summary>The digest that a wallet signs (EIP-191).</summary>
    public ReadOnlyMemory<byte> PersonalHash => _hash;

    public static SignatureText Of(string inboxId, ulong clientTimestampNs, IReadOnlyList<IdentityAction> actions)
    {
        var text = new StringBuilder("XMTP : Authenticate to inbox\n\nInbox ID: ").Append(inboxId)
            .Append("\nCurrent time: ").Append(TimeOf(clientTimestampNs)).Append("\n\n");
        foreach (var action in actions)
        {
            action.AppendText(text);
            text.Append('\n');
        }

        // Without actions their place is an empty line, not no line.
        return new(text.Append(actions.Count == 0 ? "\n" : "").Append("\nFor more info: https://xmtp.org/signatures").ToString());
    }

    // Clients read the number as signed, so that 2^63 and above lie before 1970, and round towards the past.
    private static string TimeOf(ulong nanoseconds)
    {
        var (seconds, rest) = Math.DivRem(unchecked((long)nanoseconds), 1_000_000_000);
        return DateTimeOffset.FromUnixTimeSeconds(rest < 0 ? seconds - 1 : seconds)
            .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }
}
