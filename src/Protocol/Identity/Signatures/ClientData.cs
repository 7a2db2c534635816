using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace XmtpOrleans.Protocol.Identity.Signatures;

// The JSON that a passkey's authenticator signs, read exactly as clients read it: unknown members may be anything, known ones must be strings and stand
// once; an array of just origin and challenge counts too, because the clients' library takes a structure in that form.
internal static class ClientData
{
    // Clients skip unknown values without a limit on their depth; the reader keeps a bit for a level, so the input's length bounds it.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = int.MaxValue };

    public static bool TryRead(ReadOnlySpan<byte> json, [NotNullWhen(true)] out string? origin, [NotNullWhen(true)] out string? challenge)
    {
        (origin, challenge) = (null, null);
        try
        {
            var reader = new Utf8JsonReader(json, Options);
            var read = reader.Read() && reader.TokenType switch
            {
                JsonTokenType.StartObject => TryReadObject(ref reader, out origin, out challenge),
                JsonTokenType.StartArray => TryReadArray(ref reader, out origin, out challenge),
                _ => false,
            };

            // The last read refuses anything but white space after the value.
            return read && origin is not null && challenge is not null && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
        catch (InvalidOperationException)
        {
            return false; // a name or string that is not valid UTF-8, or half a surrogate pair
        }
    }

    private static bool TryReadObject(ref Utf8JsonReader reader, out string? origin, out string? challenge)
    {
        (origin, challenge) = (null, null);
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "origin" when origin is null && reader.TokenType is JsonTokenType.String:
                    origin = reader.GetString();
                    break;
                case "challenge" when challenge is null && reader.TokenType is JsonTokenType.String:
                    challenge = reader.GetString();
                    break;
                case "origin" or "challenge":
                    return false;
                default:
                    reader.Skip();
                    break;
            }
        }

        return true;
    }

    private static bool TryReadArray(ref Utf8JsonReader reader, out string? origin, out string? challenge)
    {
        origin = reader.Read() && reader.TokenType is JsonTokenType.String ? reader.GetString() : null;
        challenge = origin is not null && reader.Read() && reader.TokenType is JsonTokenType.String ? reader.GetString() : null;
        return challenge is not null && reader.Read() && reader.TokenType is JsonTokenType.EndArray;
    }
}
