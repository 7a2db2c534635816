namespace XmtpOrleans.Grains.Originators;

/// <summary>Publish requests that one process collected while its last call was in flight.</summary>
[GenerateSerializer, Immutable, OmitDefaultMemberValues, Alias("xmtp.publish-batch")]
public sealed class PublishBatch
{
    /// <summary>The requests, in order of arrival.</summary>
    [Id(0)] public required PublishRequest[] Requests { get; init; }

    /// <summary>How long somebody waits for the answer from when the call arrives; what has not begun by then need not begin. Zero says nothing.</summary>
    [Id(1)] public TimeSpan Patience { get; init; }
}
