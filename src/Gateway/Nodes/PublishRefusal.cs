namespace XmtpOrleans.Gateway.Nodes;

/// <summary>Why one envelope of a publish is refused.</summary>
/// <param name="Text">The reason, naming the envelope's index.</param>
/// <param name="IsPassing">Whether the same envelope may be accepted a moment later.</param>
internal sealed record PublishRefusal(string Text, bool IsPassing = false);
