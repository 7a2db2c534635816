using System.Buffers;
using Google.Protobuf;
using Xmtp.Xmtpv4.Envelopes;
using Xmtp.Xmtpv4.MessageApi;
using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class ReadyMessageTests
{
    private static readonly Random Random = new(7);

    private readonly List<OriginatorEnvelope> _envelopes =
    [
        .. new[] { 0, 1, 127, 128, 20_000, 70_000 }.Select(length => new OriginatorEnvelope { UnsignedOriginatorEnvelope = Bytes(length) }),
    ];

    [Fact]
    public void RepeatedField_OfStoredEnvelopes_EqualsTheEncodedResponse()
    {
        var response = new QueryEnvelopesResponse();
        response.Envelopes.AddRange(_envelopes);

        Assert.Equal(response.ToByteArray(), Stored().ToContiguous().ToArray());
    }

    [Fact]
    public void AsField_OfARepeatedField_EqualsTheEncodedResponse()
    {
        var response = new SubscribeTopicsResponse { Envelopes = new() };
        response.Envelopes.Envelopes_.AddRange(_envelopes);

        Assert.Equal(response.ToByteArray(), Stored().AsField(1).ToContiguous().ToArray());
    }

    [Fact]
    public void EveryForm_OfOneMessage_WritesTheSameFrame()
    {
        var message = new GetInboxIdsResponse { Responses = { new GetInboxIdsResponse.Types.Response { Identifier = "a" } } };
        var expected = RawCall.Frame(message.ToByteArray());
        ReadyMessage[] forms =
        [
            ReadyMessage.Encode(message), ReadyMessage.Of(message), ReadyMessage.FromBytes(message.ToByteArray()),
                ReadyMessage.Of(message).Framed(),
        ];

        Assert.All(forms, form =>
        {
            var target = new ArrayBufferWriter<byte>();
            form.WriteFrameTo(target);
            Assert.Equal(expected, target.WrittenSpan.ToArray());
            Assert.Equal(message.ToByteArray(), form.ToContiguous().ToArray());
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(1_000_000)]
    public void WritePartTo_AnySize_AddsUpToTheMessage(int size)
    {
        ReadyMessage[] messages = [Stored(), Stored().AsField(3), Stored().AsField(3).AsField(1).Framed(),
            ReadyMessage.FromBytes(Bytes(5000).Memory), ReadyMessage.Empty];

        Assert.All(messages, message =>
        {
            var target = new ArrayBufferWriter<byte>();
            var position = 0;
            while (message.WritePartTo(target, ref position, size))
            {
            }

            Assert.Equal(message.ToContiguous().ToArray(), target.WrittenSpan.ToArray());
        });
    }

    private static ByteString Bytes(int length)
    {
        var bytes = new byte[length];
        Random.NextBytes(bytes);
        return ByteString.CopyFrom(bytes);
    }

    private ReadyMessage Stored() =>
        ReadyMessage.RepeatedField(1, [.. _envelopes.Select(envelope => (ReadOnlyMemory<byte>)envelope.ToByteArray())]);
}
