using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using XmtpOrleans.Gateway.Payers;

namespace XmtpOrleans.Gateway.Tests.Payers;

public sealed class PayerOptionsTests
{
    [Fact]
    public void Options_NothingConfigured_HaveTheDocumentedDefaults()
    {
        var options = Read([]);

        Assert.Equal(NodeSelection.Stable, options.NodeSelection);
        Assert.Empty(options.PreferredNodes);
        Assert.Equal(TimeSpan.FromMinutes(5), options.LatencyExpiry);
        Assert.Equal(TimeSpan.FromSeconds(2), options.LatencyTimeout);
        Assert.Equal(TimeSpan.FromSeconds(60), options.RequestTimeout);
        Assert.Equal(TimeSpan.FromSeconds(30), options.AttemptTimeout);
        Assert.Equal(5, options.MaxAttempts);
        Assert.Equal(TimeSpan.FromSeconds(5), options.ReconnectTime);
        Assert.Equal(1_000, options.MaxEnvelopes);
        Assert.Equal(200_000, options.MaxChainPayloadBytes);
        Assert.Equal(TimeSpan.FromSeconds(2), options.ReadTimeout);
        Assert.Equal(TimeSpan.FromSeconds(1), options.HealthInterval);
        Assert.Equal(TimeSpan.FromSeconds(2), options.HealthTimeout);
        Assert.Equal(TimeSpan.FromSeconds(5), options.HealthyFor);
        Assert.Equal(TimeSpan.FromMinutes(10), options.RememberFor);
        Assert.Equal(64 * 1024 * 1024, options.MaxRememberedBytes);
    }

    [Theory]
    [InlineData("NodeSelection", "9")]
    [InlineData("NodeSelection", "Manual")]
    [InlineData("NodeSelection", "Ordered")]
    [InlineData("PreferredNodes:0", "7")]
    [InlineData("PreferredNodes:0", "near")]
    [InlineData("LatencyExpiry", "00:00:00")]
    [InlineData("LatencyTimeout", "00:00:00")]
    [InlineData("RequestTimeout", "00:00:00")]
    [InlineData("AttemptTimeout", "-00:00:01")]
    [InlineData("MaxAttempts", "0")]
    [InlineData("ReconnectTime", "-00:00:01")]
    [InlineData("MaxEnvelopes", "0")]
    [InlineData("MaxChainPayloadBytes", "-1")]
    [InlineData("ReadTimeout", "01:00:00")]
    [InlineData("HealthInterval", "00:00:00")]
    [InlineData("HealthTimeout", "00:00:00")]
    [InlineData("HealthyFor", "00:00:03")]
    [InlineData("RememberFor", "-00:00:01")]
    [InlineData("MaxRememberedBytes", "-1")]
    public void Options_OutOfRange_AreRefusedByName(string name, string value)
    {
        var failure = Assert.Throws<OptionsValidationException>(() => Read(new() { [$"Payer:{name}"] = value }));

        Assert.Contains(name.Split(':')[0], failure.Message);
    }

    private static PayerOptions Read(Dictionary<string, string?> settings) => new ServiceCollection()
        .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
        .AddPayerGateway(FakeNode.Key(7))
        .BuildServiceProvider()
        .GetRequiredService<IOptions<PayerOptions>>()
        .Value;
}
