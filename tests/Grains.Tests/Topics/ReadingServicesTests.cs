using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Topics;

namespace XmtpOrleans.Grains.Tests.Topics;

public sealed class ReadingServicesTests
{
    [Fact]
    public void AddReading_Twice_EveryPartIsThereOnce()
    {
        var services = new ServiceCollection().AddReading().AddReading();

        Assert.Equal(2, services.Count(service => service.ServiceType == typeof(IFeedTap)));
        Assert.Single(services, service => service.ServiceType == typeof(IHostedService) && service.ImplementationType == typeof(FeedWorker));
    }

    [Fact]
    public void IdleGrains_OfTopicsAndInboxes_AreCollectedAfterThreeMinutes()
    {
        var configuration = new ConfigurationBuilder().Build();
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddReading().AddInboxes().BuildServiceProvider();

        var collection = services.GetRequiredService<IOptions<GrainCollectionOptions>>().Value;

        Assert.Equal(TimeSpan.FromMinutes(3), collection.ClassSpecificCollectionAge[typeof(TopicGrain).FullName!]);
        Assert.Equal(TimeSpan.FromMinutes(3), collection.ClassSpecificCollectionAge[typeof(InboxGrain).FullName!]);
        Assert.True(collection.EnableActivationSheddingOnMemoryPressure);
    }

    [Theory]
    [InlineData("Feed:RingBytes", "1")]
    [InlineData("Feed:LostAfter", "00:00:00")]
    [InlineData("Topics:TailCount", "0")]
    [InlineData("Topics:IdleAfter", "00:00:30")]
    [InlineData("Reading:FeedWait", "00:00:01")]
    public void Options_OutOfRange_AreRefusedWithTheirName(string key, string value)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create(key, (string?)value)]).Build();
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddReading().BuildServiceProvider();

        var failure = Assert.Throws<OptionsValidationException>(() =>
        {
            _ = services.GetRequiredService<IOptions<FeedOptions>>().Value;
            _ = services.GetRequiredService<IOptions<TopicOptions>>().Value;
            _ = services.GetRequiredService<IOptions<ReadingOptions>>().Value;
        });

        Assert.Contains(key.Split(':')[1], failure.Message, StringComparison.Ordinal);
    }
}
