using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace XmtpOrleans.Gateway.Rpc.Connect;

/// <summary>
/// Messages as JSON by the rules of proto3: 64-bit integers as strings, bytes as base64, unknown fields ignored, defaults left out.
/// </summary>
internal static class ConnectJson
{
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default);
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The encoded message for a JSON text; throws a refusal when it is none.</summary>
    public static byte[] ToProto(ReadOnlySpan<byte> json, MessageDescriptor type)
    {
        try
        {
            return Parser.Parse(StrictUtf8.GetString(json), type).ToByteArray();
        }
        // The library's own exceptions for bad JSON and bad messages are both IOExceptions.
        catch (Exception invalid) when (invalid is IOException or FormatException or OverflowException or ArgumentException)
        {
            throw RpcErrors.Unparsable(invalid.Message);
        }
    }

    public static byte[] FromMessage(IMessage message) => Encoding.UTF8.GetBytes(Formatter.Format(message));

    public static byte[] FromReady(ReadyMessage message, MessageDescriptor type) =>
        FromMessage(type.Parser.ParseFrom(message.ToContiguous().Span));
}
