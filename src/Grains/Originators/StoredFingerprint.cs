using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>A row's fingerprint, for rebuilding the duplicate window.</summary>
/// <param name="Fingerprint">The keyed fingerprint of (payer, client envelope).</param>
/// <param name="Sequence">Its position.</param>
/// <param name="OriginatorNs">When it was accepted.</param>
public readonly record struct StoredFingerprint(long Fingerprint, SequenceId Sequence, long OriginatorNs);
