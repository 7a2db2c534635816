using System.Buffers;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace XmtpOrleans.Gateway.Rpc.Connect;

/// <summary>Length-prefixed JSON messages: the body of a Connect stream in JSON.</summary>
internal sealed class ConnectJsonFrames(MessageDescriptor type) : IRpcStreamEncoding
{
    public ReadyMessage Encode(ReadyMessage message) => ReadyMessage.FromBytes(ConnectJson.FromReady(message, type));

    public void Write(ReadyMessage message, IBufferWriter<byte> body) => Write(ConnectJson.FromReady(message, type), body);

    public void Write(IMessage message, IBufferWriter<byte> body) => Write(ConnectJson.FromMessage(message), body);

    private static void Write(byte[] json, IBufferWriter<byte> body)
    {
        ReadyMessage.WriteFrameHeader(body, json.Length);
        body.Write(json);
    }
}
