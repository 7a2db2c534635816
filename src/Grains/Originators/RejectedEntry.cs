using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>A position of a log whose envelope is not served, and why.</summary>
/// <param name="Sequence">The position.</param>
/// <param name="Reason">Why, in words for the operator.</param>
/// <param name="Bytes">What arrived; kept only where small.</param>
public sealed record RejectedEntry(SequenceId Sequence, string Reason, byte[] Bytes);
