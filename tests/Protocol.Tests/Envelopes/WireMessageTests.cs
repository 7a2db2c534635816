using Google.Protobuf;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Envelopes;

public class WireMessageTests
{
    // aad with a length of 2³¹−1, in it a target_topic that claims a gigabyte.
    private const string Gigabyte = "0affffffff07" + "128080808004" + "0000000000000000";

    private const string SixteenMegabytes = "0affffffff07" + "1280808008" + "0000000000000000";

    [Theory]
    [InlineData(Gigabyte)]
    [InlineData("7affffffff070000")] // 2³¹−1 in an unknown field
    [InlineData("0a020affffffff07")]
    [InlineData("0aff")]
    [InlineData("0c")]
    [InlineData("2a031a01ff")] // text that is not UTF-8
    public void TryParse_BytesThatAreNoMessage_IsFalseAndTakesNoMemory(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        Assert.False(WireMessage.TryParse<ClientEnvelope>([0x0A], out _)); // first-call costs fall here

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(WireMessage.TryParse<ClientEnvelope>(bytes, out var message));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_096);
        Assert.Null(message);
    }

    [Fact]
    public void StockDecoder_NestedLengthThatOverflows_StillAllocatesWhatIsClaimed()
    {
        // When this fails the decoder has been repaired, and the check before it may go.
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.ThrowsAny<Exception>(() => ClientEnvelope.Parser.ParseFrom(Convert.FromHexString(SixteenMegabytes)));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before > 16_000_000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0801")] // aad once more, as a varint
    [InlineData("12040a021001")] // group_message.v1.sender_hmac as a varint
    [InlineData("9b069c06")] // an unknown group
    public void TryParse_WhatTheReferenceReads_GivesTheMessage(string prefix)
    {
        byte[] bytes = [.. Convert.FromHexString(prefix), .. RecordedEnvelopes.First("group_message").Bytes];

        Assert.True(WireMessage.TryParse<ClientEnvelope>(bytes, out var message));
        Assert.Equal(ClientEnvelope.PayloadOneofCase.GroupMessage, message.PayloadCase);
    }
}
