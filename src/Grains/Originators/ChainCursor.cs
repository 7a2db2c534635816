using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>How far a chain log has read its contract.</summary>
/// <param name="Block">The last block whose events are in the log.</param>
/// <param name="BlockHash">That block's hash, 32 bytes; a different one later is a reorganisation.</param>
/// <param name="LastEvent">The contract's sequence id of the last event read.</param>
public sealed record ChainCursor(ulong Block, byte[] BlockHash, SequenceId LastEvent);
