using Xmtp.Xmtpv4.MessageApi;
using Xmtp.Xmtpv4.MetadataApi;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Gateway.Rpc.Binding;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class RpcBinderTests
{
    [Fact]
    public void Service_NotInTheFile_IsRefused() =>
        AssertRefused("message_api/query_api.proto defines no service MetadataApi", binder =>
            binder.Service(QueryApiReflection.Descriptor, "MetadataApi"));

    [Fact]
    public void Method_NotInTheService_IsRefused() => AssertRefused(
        "xmtp.xmtpv4.metadata_api.MetadataApi defines no method Nothing",
        binder => Metadata(binder).Unary<GetVersionRequest, GetVersionResponse>("Nothing", (_, _) => throw new NotSupportedException()));

    [Fact]
    public void Method_OfAnotherShape_IsRefused() => AssertRefused(
        "SubscribeSyncCursor is ServerStream, not Unary",
        binder => Metadata(binder).Unary<GetSyncCursorRequest, GetSyncCursorResponse>(
            "SubscribeSyncCursor", (_, _) => throw new NotSupportedException()));

    [Fact]
    public void Method_OfAnotherRequest_IsRefused() => AssertRefused(
        "takes xmtp.xmtpv4.metadata_api.GetVersionRequest, not GetPayerInfoRequest",
        binder => Metadata(binder).Unary<GetPayerInfoRequest, GetVersionResponse>(
            "GetVersion", (_, _) => throw new NotSupportedException()));

    [Fact]
    public void Method_OfAnotherResponse_IsRefused() => AssertRefused(
        "returns xmtp.xmtpv4.metadata_api.GetVersionResponse, not GetPayerInfoResponse",
        binder => Metadata(binder).Unary<GetVersionRequest, GetPayerInfoResponse>(
            "GetVersion", (_, _) => throw new NotSupportedException()));

    [Fact]
    public void Method_BoundTwice_IsRefused() => AssertRefused(
        "/xmtp.xmtpv4.metadata_api.MetadataApi/GetVersion is bound twice",
        binder =>
        {
            BindVersion(binder);
            BindVersion(binder);
        });

    [Fact]
    public void Alias_OfNothing_IsRefused() =>
        AssertRefused("/a.B/C is not bound", binder => binder.Alias("x.Y", "Z", of: "/a.B/C"));

    [Fact]
    public async Task Alias_IsServedLikeItsMethod()
    {
        await using var host = await RpcHost.StartAsync();

        var own = await RawCall.PostAsync(host.Http(2), TestApi.AllEnvelopes, "application/grpc", [0, 0, 0, 0, 0]);
        var alias = await RawCall.PostAsync(host.Http(2), TestApi.AllEnvelopesAlias, "application/grpc", [0, 0, 0, 0, 0]);

        Assert.Equal((Grpc.Core.StatusCode.OK, 5), (own.Status, own.Body.Length));
        Assert.Equal((own.Status, own.Body.Length), (alias.Status, alias.Body.Length));
    }

    private static RpcServiceBinder Metadata(RpcBinder binder) => binder.Service(MetadataApiReflection.Descriptor, "MetadataApi");

    private static void BindVersion(RpcBinder binder) =>
        Metadata(binder).Unary<GetVersionRequest, GetVersionResponse>("GetVersion", (_, _) => throw new NotSupportedException());

    private static void AssertRefused(string text, Action<RpcBinder> bind) =>
        Assert.Contains(text, Assert.Throws<RpcBindingException>(() => bind(new RpcBinder())).Message, StringComparison.Ordinal);
}
