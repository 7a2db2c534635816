using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Storage;

/// <summary>What a process that works on a node's database must have in common with the others.</summary>
/// <param name="Node">The logical node's originator id.</param>
/// <param name="ClusterId">Name of the cluster of silos.</param>
/// <param name="ServiceId">Name under which grains keep their state.</param>
/// <param name="MessageVersion">Version of the messages between its processes.</param>
/// <param name="Signer">Address of the key it signs with; <see langword="null"/> for a process that does not sign.</param>
public sealed record ClusterIdentity(OriginatorId Node, string ClusterId, string ServiceId, int MessageVersion, string? Signer = null);
