namespace XmtpOrleans.Grains.Originators;

/// <summary>Outcomes of a <see cref="PublishBatch"/>, one for each request at the same index.</summary>
[GenerateSerializer, Immutable, Alias("xmtp.append-reply")]
public sealed class AppendReply
{
    /// <summary>The outcomes.</summary>
    [Id(0)] public required PublishOutcome[] Outcomes { get; init; }

    /// <summary>Whether the activation that answers is ending: what it calls unavailable may be asked again at once, another will answer.</summary>
    [Id(1)] public bool Ending { get; init; }
}
