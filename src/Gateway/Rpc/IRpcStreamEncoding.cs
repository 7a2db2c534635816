using System.Buffers;
using Google.Protobuf;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>How the messages of a stream are laid out in the response body.</summary>
internal interface IRpcStreamEncoding
{
    /// <summary>What a frame holds for the message: the message itself, or a copy in another encoding.</summary>
    ReadyMessage Encode(ReadyMessage message);

    void Write(ReadyMessage message, IBufferWriter<byte> body);

    void Write(IMessage message, IBufferWriter<byte> body);
}
