using Google.Protobuf;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Envelopes;

public class WireShapeTests
{
    private static readonly WireShape Client = WireShape.Of(ClientEnvelope.Descriptor);
    private static readonly byte[] Good = RecordedEnvelopes.First("group_message").Bytes;

    [Fact]
    public void Accepts_EveryRecordedEnvelope_IsTrue() => Assert.All(RecordedEnvelopes.All, recorded => Assert.True(Client.Accepts(recorded.Bytes)));

    [Theory]
    [InlineData("0801")]
    [InlineData("0a021001")]
    [InlineData("12040a021001")]
    [InlineData("120d0a0b18ffffffffffffffffff7f")]
    [InlineData("0a091a070a050d00000000")]
    public void Accepts_WhatTheStockDecoderForgives_IsFalse(string prefix)
    {
        byte[] bytes = [.. Convert.FromHexString(prefix), .. Good];

        // The stock decoder reads the good envelope behind it, so parsing alone would let it through.
        Assert.Equal(ClientEnvelope.PayloadOneofCase.GroupMessage, ClientEnvelope.Parser.ParseFrom(bytes).PayloadCase);
        Assert.False(Client.Accepts(bytes));
    }

    [Theory]
    [InlineData("")]
    [InlineData("12040a021200")] // group_message.v1.sender_hmac
    [InlineData("2a021a00")] // an empty inbox_id
    [InlineData("9a0602ff80")] // an unknown field with any bytes
    [InlineData("980601")] // an unknown varint
    [InlineData("3205320301ac02")] // packed
    [InlineData("320430013002")] // not packed
    public void Accepts_WhatEveryDecoderReads_IsTrue(string prefix) =>
        Assert.True(Client.Accepts([.. Convert.FromHexString(prefix), .. Good]));

    [Theory]
    [InlineData("0a")]
    [InlineData("0aff")]
    [InlineData("00")]
    [InlineData("0b0c")] // a group
    [InlineData("2a031a01ff")] // an inbox_id that is not UTF-8
    [InlineData("3203320180")] // a packed number that goes on
    [InlineData("320c320affffffffffffffffff7f")] // a packed number of more than 64 bits
    public void Accepts_MalformedBytes_IsFalse(string hex) => Assert.False(Client.Accepts(Convert.FromHexString(hex)));

    [Fact]
    public void Of_EveryEnvelopeLayer_HasAShape()
    {
        MessageParser[] parsers = [OriginatorEnvelope.Parser, UnsignedOriginatorEnvelope.Parser, PayerEnvelope.Parser];
        Assert.All(parsers, parser => Assert.True(WireShape.Of(parser.ParseFrom(ByteString.Empty).Descriptor).Accepts([])));
    }
}
