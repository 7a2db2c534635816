using System.Text;
using System.Text.Unicode;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Protocol.Mls;

/// <summary>Reads the inbox id out of a basic credential, the protobuf <c>MlsCredential { inbox_id = 1 }</c>.</summary>
internal static class BasicCredential
{
    private const int InboxIdField = 1;
    private const int LengthDelimited = 2;

    /// <summary>The inbox id, empty when the field is absent; or in <paramref name="failure"/> why the bytes are not the message.</summary>
    public static bool TryReadInboxId(ReadOnlySpan<byte> source, out string inboxId, out string failure)
    {
        inboxId = string.Empty;
        failure = "invalid varint"; // the clients' decoder has finer words, but nobody acts on them
        ReadOnlySpan<byte> text = default;
        var reader = new WireReader(source);
        bool malformed;
        while (reader.Next(out malformed))
        {
            if (reader.Field != InboxIdField) continue;
            if (reader.WireType != LengthDelimited)
            {
                failure = "MlsCredential.inbox_id: invalid wire type";
                return false;
            }

            text = source.Slice(reader.Start, reader.Length); // of a field that comes twice the last one counts
            if (!Utf8.IsValid(text))
            {
                failure = "MlsCredential.inbox_id: invalid string value: data is not UTF-8 encoded";
                return false;
            }
        }

        if (malformed) return false;
        inboxId = Encoding.UTF8.GetString(text);
        return true;
    }
}
