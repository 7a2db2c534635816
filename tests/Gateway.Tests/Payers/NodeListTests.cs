using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Gateway.Payers;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Gateway.Tests.Payers;

public sealed class NodeListTests
{
    [Fact]
    public async Task GetNodes_HealthyNodes_ListsThemAsRegistered()
    {
        await using var gateway = await GatewayHost.StartAsync([100, 200]);

        var nodes = await gateway.GetNodesAsync();

        Assert.Equal(gateway.Nodes.ToDictionary(node => node.Id.Value, node => node.Url.OriginalString), nodes);
    }

    [Fact]
    public async Task GetNodes_UnderTheNewService_IsTheSame()
    {
        await using var gateway = await GatewayHost.StartAsync();

        Assert.Single(await gateway.GetNodesAsync("xmtp.xmtpv4.gateway_api.GatewayApi"));
    }

    [Fact]
    public async Task GetNodes_NothingRegistered_IsUnavailable()
    {
        await using var gateway = await GatewayHost.StartAsync([]);

        var refusal = await Assert.ThrowsAsync<RpcException>(() => gateway.GetNodesAsync());

        Assert.Equal((StatusCode.Unavailable, "no available nodes"), (refusal.StatusCode, refusal.Status.Detail));
        Assert.NotNull(PublishTests.DetailOf<RetryInfo>(refusal));
    }

    [Fact]
    public async Task GetNodes_NodeLeaves_IsDroppedByTheNextCheck()
    {
        await using var gateway = await GatewayHost.StartAsync([100, 200]);
        gateway.Nodes[0].State.MoveTo(ServingPhase.Leaving);

        await gateway.CheckHealthAsync();

        Assert.Equal([200u], (await gateway.GetNodesAsync()).Keys);
    }

    [Fact]
    public async Task GetNodes_NodeRecovers_IsListedAgainByTheNextCheck()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Node.State.Report("no store");
        await gateway.CheckHealthAsync();
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => gateway.GetNodesAsync())).StatusCode);
        gateway.Node.State.Report(null);

        await gateway.CheckHealthAsync();

        Assert.Single(await gateway.GetNodesAsync());
    }

    [Fact]
    public void IsHealthy_AfterACheck_HoldsForTheGivenTimeOnly()
    {
        var clock = new FakeTimeProvider();
        using var link = new NodeLink(new RegisteredNode(new OriginatorId(100), new Uri("http://127.0.0.1:1"), default), new DnsNodeResolver(), clock);
        Assert.False(link.IsHealthy(within: TimeSpan.FromDays(1)));

        link.MarkHealthy();
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.True(link.IsHealthy(within: TimeSpan.FromSeconds(5)));
        clock.Advance(TimeSpan.FromTicks(1));

        Assert.False(link.IsHealthy(within: TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task GetNodes_RegistryChanges_FollowsIt()
    {
        await using var gateway = await GatewayHost.StartAsync([100, 200, 300]);
        var moved = gateway.Nodes[1].Registered with { Id = new OriginatorId(400) };

        gateway.Register(gateway.Nodes[2].Registered, moved);
        await gateway.CheckHealthAsync();

        Assert.Equal([300u, 400u], (await gateway.GetNodesAsync()).Keys.Order());
    }

    [Fact]
    public async Task GetNodes_AddressOfAnotherScheme_IsLeftOut()
    {
        await using var gateway = await GatewayHost.StartAsync();

        gateway.Register(gateway.Node.Registered, new RegisteredNode(new OriginatorId(200), new Uri("ftp://127.0.0.1"), default));
        await gateway.CheckHealthAsync();

        Assert.Equal([100u], (await gateway.GetNodesAsync()).Keys);
    }

    [Fact]
    public async Task GetNodes_NodeWithACertificateOfNobody_IsNotListed()
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.pfx");
        using (var key = RSA.Create(2048))
        using (var certificate = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1)))
        {
            await File.WriteAllBytesAsync(path, certificate.Export(X509ContentType.Pfx), TestContext.Current.CancellationToken);
        }

        try
        {
            await using var gateway = await GatewayHost.StartAsync();
            await using var node = await FakeNode.StartAsync(200, gateway.Clock, tls: new RpcTlsOptions { CertificatePath = path });
            Assert.Equal("https", node.Url.Scheme);

            gateway.Register(gateway.Node.Registered, node.Registered);
            await gateway.CheckHealthAsync();

            Assert.Equal([100u], (await gateway.GetNodesAsync()).Keys);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
