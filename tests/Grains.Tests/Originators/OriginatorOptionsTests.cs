using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Grains.Tests.Originators;

public sealed class OriginatorOptionsTests
{
    [Fact]
    public void Defaults_OnlyTheNodeIdMustBeSet_AreValid()
    {
        var services = Services(new() { ["Node:Id"] = "100" });

        services.GetRequiredService<IStartupValidator>().Validate();

        var options = services.GetRequiredService<IOptions<SequencerOptions>>().Value;
        Assert.Equal(TimeSpan.FromMinutes(10), options.DuplicateWindow);
        Assert.Equal(4_000_000, options.MaxDuplicateEntries);
        Assert.Equal(0, options.PayerEnvelopesPerSecond);
        Assert.Equal(TimeSpan.FromMinutes(5), options.ClockBehindLimit);
        Assert.Equal(TimeSpan.FromSeconds(30), options.ClockAheadLimit);
        Assert.False(options.IgnoreClock);
    }

    [Fact]
    public void Validate_SeveralWrongValues_AreAllNamed()
    {
        var services = Services(new()
        {
            ["Node:Id"] = "99",
            ["Sequencer:MaxBatchEnvelopes"] = "0",
            ["Sequencer:FencedPauseMin"] = "00:00:02",
            ["Sequencer:DuplicatePreload"] = "01:00:00",
            ["Publisher:MaxCalls"] = "17",
            ["ChainLog:MaxEvents"] = "0",
        });

        var failure = Assert.ThrowsAny<Exception>(() => services.GetRequiredService<IStartupValidator>().Validate());

        var text = failure is AggregateException several ? string.Join(' ', several.InnerExceptions.Select(inner => inner.Message)) : failure.Message;
        foreach (var name in new[] { "Id", "MaxBatchEnvelopes", "FencedPauseMin", "DuplicatePreload", "MaxCalls", "MaxEvents" })
        {
            Assert.Contains(name, text, StringComparison.Ordinal);
        }
    }

    private static ServiceProvider Services(Dictionary<string, string?> settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddOriginators().AddPublisher();
        return services.BuildServiceProvider();
    }
}
