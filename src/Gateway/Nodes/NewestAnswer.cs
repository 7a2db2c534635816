using Google.Protobuf;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Gateway.Nodes;

/// <summary>Writes <c>GetNewestEnvelopeResponse</c> around stored bytes: one result for each topic, empty where there is no envelope.</summary>
internal static class NewestAnswer
{
    private const byte FirstFieldTag = 10; // field 1, length-delimited, in the response and in a result alike

    public static ReadyMessage Encode(IReadOnlyList<LogEntry?> entries)
    {
        var length = 0;
        foreach (var entry in entries)
        {
            length += FieldLength(entry is null ? 0 : FieldLength(entry.Bytes.Length));
        }

        var bytes = new byte[length];
        var output = new CodedOutputStream(bytes);
        foreach (var entry in entries)
        {
            output.WriteRawTag(FirstFieldTag);
            output.WriteLength(entry is null ? 0 : FieldLength(entry.Bytes.Length));
            if (entry is null) continue;
            output.WriteRawTag(FirstFieldTag);
            output.WriteBytes(UnsafeByteOperations.UnsafeWrap(entry.Bytes));
        }

        output.Flush();
        return ReadyMessage.FromBytes(bytes);
    }

    private static int FieldLength(int content) => 1 + CodedOutputStream.ComputeLengthSize(content) + content;
}
