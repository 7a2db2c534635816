using Grpc.Core;
using V1 = Grpc.Reflection.V1;
using V1Alpha = Grpc.Reflection.V1Alpha;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class RpcReflectionTests
{
    [Fact]
    public async Task V1_ListAndDescribe_KnowsTheBoundServices()
    {
        await using var host = await RpcHost.StartAsync(options => options.Reflection = true);
        using var call = new V1.ServerReflection.ServerReflectionClient(host.Invoker()).ServerReflectionInfo(
            cancellationToken: TestContext.Current.CancellationToken);

        await call.RequestStream.WriteAsync(new() { ListServices = "" }, TestContext.Current.CancellationToken);
        await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
        var services = call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name).ToList();
        await call.RequestStream.WriteAsync(
            new() { FileContainingSymbol = "xmtp.xmtpv4.message_api.QueryApi" }, TestContext.Current.CancellationToken);
        await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);

        Assert.Contains("xmtp.xmtpv4.message_api.QueryApi", services);
        Assert.Contains("grpc.health.v1.Health", services);
        Assert.NotEmpty(call.ResponseStream.Current.FileDescriptorResponse.FileDescriptorProto);
    }

    [Fact]
    public async Task V1Alpha_List_KnowsTheBoundServices()
    {
        await using var host = await RpcHost.StartAsync(options => options.Reflection = true);
        using var call = new V1Alpha.ServerReflection.ServerReflectionClient(host.Invoker()).ServerReflectionInfo(
            cancellationToken: TestContext.Current.CancellationToken);

        await call.RequestStream.WriteAsync(new() { ListServices = "" }, TestContext.Current.CancellationToken);
        await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);

        Assert.Contains(
            "xmtp.xmtpv4.metadata_api.MetadataApi",
            call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name));
    }

    [Fact]
    public async Task Default_IsOff()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(
            host.Http(2), "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "application/grpc", [0, 0, 0, 0, 0]);

        Assert.Equal(StatusCode.Unimplemented, call.Status);
    }
}
