using XmtpOrleans.Gateway.Nodes;
using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Tests.Nodes;

public class PublishPayloadTests
{
    [Theory]
    [InlineData("0aff")]
    [InlineData("0affffffff07" + "0a8080808004" + "0000")] // lengths of two gigabytes and of one
    [InlineData("0b0c")] // a group
    public void Parse_BytesThatAreNoRequest_AreRefusedAndTakeNoMemory(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        Assert.Throws<RpcRefusalException>(() => PublishPayload.Parse(new byte[] { 0x0A })); // first-call costs fall here

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<RpcRefusalException>(() => PublishPayload.Parse(bytes));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void Parse_Envelopes_AreTheBytesThatArrived()
    {
        var payload = PublishPayload.Parse(Convert.FromHexString("0a0201020a00" + "100512010a" + "0a0103"));

        Assert.Equal(["0102", "", "03"], payload.Envelopes.Select(envelope => Convert.ToHexStringLower(envelope.Span)));
    }
}
