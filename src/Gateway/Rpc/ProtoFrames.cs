using System.Buffers;
using Google.Protobuf;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Length-prefixed protobuf messages: the body of gRPC, gRPC-Web and Connect streams alike.</summary>
internal sealed class ProtoFrames : IRpcStreamEncoding
{
    public static readonly ProtoFrames Instance = new();

    public ReadyMessage Encode(ReadyMessage message) => message;

    public void Write(ReadyMessage message, IBufferWriter<byte> body) => message.WriteFrameTo(body);

    public void Write(IMessage message, IBufferWriter<byte> body)
    {
        ReadyMessage.WriteFrameHeader(body, message.CalculateSize());
        message.WriteTo(body);
    }
}
