namespace XmtpOrleans.Grains.Originators;

/// <summary>Publish requests that one process collected while its last call was in flight.</summary>
[GenerateSerializer, Immutable, Alias("xmtp.publish-batch")]
public sealed class PublishBatch
{
    /// <summary>The requests, in order of arrival.</summary>
    [Id(0)] public required PublishRequest[] Requests { get; init; }
}
