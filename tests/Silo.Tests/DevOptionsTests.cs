using XmtpOrleans.Silo.Dev;

namespace XmtpOrleans.Silo.Tests;

public sealed class DevOptionsTests
{
    private static readonly DevOptions Good = new()
    {
        DataFolder = "data",
        Host = "127.0.0.1",
        Port = 5050,
        GatewayPort = 5052,
        OpsPort = 8008,
        SiloPort = 0,
        PublicUrl = null,
        PostgresConnection = null,
        DrainDelay = TimeSpan.Zero,
    };

    [Fact]
    public void Faults_Defaults_AreNone() => Assert.Empty(Good.Faults());

    [Fact]
    public void AdvertisedUrl_WithoutPublicUrl_IsHostAndPort() => Assert.Equal(new Uri("http://127.0.0.1:5050"), Good.AdvertisedUrl);

    [Fact]
    public void Faults_WildcardHostWithoutPublicUrl_AsksForOne() =>
        Assert.Contains("--public-url", Assert.Single((Good with { Host = "0.0.0.0" }).Faults()), StringComparison.Ordinal);

    [Fact]
    public void Faults_WildcardHostWithPublicUrl_AreNone() =>
        Assert.Empty((Good with { Host = "0.0.0.0", PublicUrl = "https://node.example" }).Faults());

    [Theory]
    [InlineData("300.0.0.1")]
    [InlineData("node.example")]
    [InlineData("")]
    public void Faults_HostIsNoAddress_NamesTheOption(string host) =>
        Assert.StartsWith($"--host {host}", Assert.Single((Good with { Host = host }).Faults()), StringComparison.Ordinal);

    [Theory]
    [InlineData("node.example:5050")]
    [InlineData("ftp://node.example")]
    public void Faults_PublicUrlIsNoWebAddress_NamesTheOption(string url) =>
        Assert.StartsWith("--public-url", Assert.Single((Good with { PublicUrl = url }).Faults()), StringComparison.Ordinal);

    [Fact]
    public void Faults_SeveralAtOnce_AreAllTold() =>
        Assert.Equal(3, (Good with { Host = "x", Port = 70_000, GatewayPort = 8008 }).Faults().Count());
}
