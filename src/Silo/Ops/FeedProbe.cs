using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Topics;

namespace XmtpOrleans.Silo.Ops;

/// <summary>Whether the live feed of this process reaches what the store held a moment ago.</summary>
internal sealed class FeedProbe(INodeReader reader, IFeed feed, TimeProvider clock) : ReadinessProbe("feed", clock)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    protected override async Task<string?> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            var marks = await reader.ReadMarksAsync(cancellationToken);
            return await feed.WaitForAsync(marks, Limit, cancellationToken) ? null : "behind the store";
        }
        catch (StoreException)
        {
            return "storage is not available";
        }
    }
}
