namespace XmtpOrleans.Gateway.Rpc;

/// <summary>
/// Looks at a call before its body is read: verifies who makes it (<see cref="RpcContext.Identity"/>), and may refuse it. All
/// registered authorisers run in the order of registration; with none, everybody may call.
/// </summary>
internal interface IRpcAuthorizer
{
    /// <summary>Returns to let the call pass; throws a refusal of <see cref="RpcErrors"/> to stop it.</summary>
    ValueTask AuthorizeAsync(RpcContext context, CancellationToken cancellationToken);
}
