using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Streams;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Grains.Feeds.Cluster;

/// <summary>The queues of the stream provider between processes: one for each of <see cref="QueueSlots"/>. A queue is nothing but its owner's log, so
/// they are read only, and reading one again from anywhere costs nothing but the read.</summary>
internal sealed class FeedQueues(IServiceProvider services) : IQueueAdapterFactory, IQueueAdapter, IQueueAdapterCache
{
    private const int CachedBatches = 4_096;
    private const long CachedBytes = 16 << 20;

    private readonly HashRingBasedStreamQueueMapper _mapper =
        new(new HashRingStreamQueueMapperOptions { TotalQueueCount = QueueSlots.Count }, LiveFeed.ProviderName);

    /// <inheritdoc/>
    public string Name => LiveFeed.ProviderName;

    /// <inheritdoc/>
    public bool IsRewindable => true;

    /// <inheritdoc/>
    public StreamProviderDirection Direction => StreamProviderDirection.ReadOnly;

    private int ReadBytes => services.GetRequiredService<IOptions<FeedOptions>>().Value.ReadBytes;

    /// <inheritdoc/>
    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    /// <inheritdoc/>
    public IQueueAdapterCache GetQueueAdapterCache() => this;

    /// <inheritdoc/>
    public IStreamQueueMapper GetStreamQueueMapper() => _mapper;

    /// <inheritdoc/>
    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(new NoOpStreamDeliveryFailureHandler());

    /// <inheritdoc/>
    public IQueueCache CreateQueueCache(QueueId queueId) => new FeedQueueCache(CachedBatches, CachedBytes, ReadBytes);

    /// <inheritdoc/>
    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => new FeedQueueReceiver(
        (int)queueId.GetNumericId(),
        services.GetRequiredService<QueueSlotDirectory>(),
        services.GetRequiredService<LogFeedSource>(),
        ReadBytes,
        services.GetRequiredService<TimeProvider>());

    /// <inheritdoc/>
    public Task QueueMessageBatchAsync<T>(
        StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext) =>
        throw new NotSupportedException("A log is written by its grain only.");
}
