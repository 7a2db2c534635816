using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Decides whether somebody may publish at the operator's cost. All registered ones are asked in the order of registration; with
/// none, everybody may. Who it is, is told before by an <see cref="IRpcAuthorizer"/>.</summary>
internal interface IPublishAuthorizer
{
    /// <summary>Whether the request may go on; <see langword="false"/> is <c>PermissionDenied</c>, and a refusal thrown keeps its own status.</summary>
    ValueTask<bool> AuthorizeAsync(RpcIdentity identity, PublishSummary request, CancellationToken cancellationToken);
}
