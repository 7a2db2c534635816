using Microsoft.Extensions.Hosting;

namespace XmtpOrleans.Grains.Feeds;

/// <summary>Runs the feed for as long as the process serves.</summary>
internal sealed class FeedWorker(FeedHub hub) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => hub.RunAsync(stoppingToken);
}
