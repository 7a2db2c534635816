using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>A client envelope that may be published, and where it goes.</summary>
/// <param name="Index">Its place in the request.</param>
/// <param name="Client">The envelope.</param>
/// <param name="Route">Node or chain.</param>
/// <param name="Key">Stands for its bytes.</param>
internal sealed record PlannedEnvelope(int Index, ParsedClientEnvelope Client, PublishRoute Route, EnvelopeKey Key);
