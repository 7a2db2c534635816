using System.Buffers;
using Google.Protobuf;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>How the messages of a stream are laid out in the response body.</summary>
internal interface IRpcStreamEncoding
{
    void Write(ReadyMessage message, IBufferWriter<byte> body);

    void Write(IMessage message, IBufferWriter<byte> body);
}
