using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class RefusalTextTests
{
    [Fact]
    public void InvalidArgument_TextEndsInASpace_IsCutToWhatAHeaderKeeps()
    {
        var refusal = RpcErrors.InvalidArgument("invalid topic: ");

        Assert.Equal("invalid topic:", refusal.Status.Detail);
    }
}
