using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>Processes that try to join a cluster whose traffic is encrypted, without a certificate that its authority signed.</summary>
public sealed class TlsMemberTests : IDisposable
{
    private readonly ClusterAuthority _authority = new();
    private readonly ClusterAuthority _stranger = new();

    [Theory]
    [InlineData("silo-1", false, "encrypts its traffic, and this process does not: give Cluster:Tls:CertificatePath")]
    [InlineData("silo-1", true, "shows a certificate that is signed by no authority of Cluster:Tls:AuthorityPath")]
    [InlineData("front-0", false, "encrypts its traffic, and this process does not: give Cluster:Tls:CertificatePath")]
    [InlineData("front-0", true, "shows a certificate that is signed by no authority of Cluster:Tls:AuthorityPath")]
    public async Task Start_WithoutACertificateOfTheAuthority_EndsWithTheReasonAndTheClusterGoesOn(string name, bool isOfAnother, string reason)
    {
        await using var cluster = await ClusterProcesses.CreateAsync(silos: 2, fronts: 2, gateways: 0, SettingsOf(_authority.Member("member")));
        await Task.WhenAll(cluster["silo-0"].StartAsync(), cluster["front-1"].StartAsync());
        var messages = ClusterProcesses.Messages(groups: 1);
        using var client = new OperatorClient(cluster["front-1"].Rpc);
        await client.PublishAsync(messages.PayerEnvelope(group: 0, number: 0));
        var refused = cluster[name];
        foreach (var (key, value) in _stranger.Member("stranger")) refused.WithEnvironment(key.Replace(":", "__", StringComparison.Ordinal), isOfAnother ? value : "");

        var exit = await refused.RunToExitAsync();

        Assert.NotEqual(0, exit.Code);
        Assert.Contains(reason, Assert.Single(exit.Errors), StringComparison.Ordinal);
        await client.PublishAsync(messages.PayerEnvelope(group: 0, number: 1));
        foreach (var (key, value) in _authority.Member("late")) refused.WithEnvironment(key.Replace(":", "__", StringComparison.Ordinal), value);
        await refused.StartAsync();
        await client.PublishAsync(messages.PayerEnvelope(group: 0, number: 2));
    }

    [Fact]
    public async Task Start_WithACertificateThatTheOthersDoNotTake_EndsWithTheReason()
    {
        await using var cluster = await ClusterProcesses.CreateAsync(silos: 2, fronts: 0, gateways: 0, SettingsOf(_authority.Member("member")));
        await cluster.Silos[0].StartAsync();
        var both = Path.Combine(Path.GetDirectoryName(_stranger.AuthorityPath)!, "both.pem"); // it trusts them, they do not trust it
        await File.WriteAllTextAsync(both, File.ReadAllText(_stranger.AuthorityPath) + '\n' + File.ReadAllText(_authority.AuthorityPath), TestContext.Current.CancellationToken);
        var stranger = _stranger.Member("stranger");
        stranger[2].Value = both;
        foreach (var (key, value) in stranger) cluster.Silos[1].WithEnvironment(key.Replace(":", "__", StringComparison.Ordinal), value);

        var exit = await cluster.Silos[1].RunToExitAsync();

        Assert.NotEqual(0, exit.Code);
        Assert.Contains("does not take this process's certificate", Assert.Single(exit.Errors), StringComparison.Ordinal);
        Assert.Contains("CN=stranger is signed by no authority", cluster.Silos[0].Output, StringComparison.Ordinal);
        Assert.True((await cluster.Silos[0].ReadinessAsync()).IsReady);
    }

    [Fact]
    public async Task Start_WithACertificateIntoAClusterInCleartext_EndsWithTheReason()
    {
        await using var cluster = await ClusterProcesses.CreateAsync(silos: 2, fronts: 0, gateways: 0);
        await cluster.Silos[0].StartAsync();
        foreach (var (key, value) in _authority.Member("member")) cluster.Silos[1].WithEnvironment(key.Replace(":", "__", StringComparison.Ordinal), value);

        var exit = await cluster.Silos[1].RunToExitAsync();

        Assert.NotEqual(0, exit.Code);
        Assert.Contains("does not encrypt its traffic, and this process does", Assert.Single(exit.Errors), StringComparison.Ordinal);
        Assert.True((await cluster.Silos[0].ReadinessAsync()).IsReady);
    }

    private static Dictionary<string, string> SettingsOf((string Key, string Value)[] settings) =>
        settings.ToDictionary(static setting => setting.Key, static setting => setting.Value);

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
    }
}
