namespace XmtpOrleans.Gateway.Rpc;

/// <summary>What kind of proof an <see cref="RpcIdentity"/> rests on.</summary>
internal enum RpcIdentityKind
{
    /// <summary>The client's address; nothing was proven.</summary>
    Address,

    /// <summary>A user named by a token the operator's authoriser accepted.</summary>
    User,

    /// <summary>A registered node that proved its key.</summary>
    Node,
}

/// <summary>Who makes a call, as verified by an <see cref="IRpcAuthorizer"/>.</summary>
internal sealed record RpcIdentity(RpcIdentityKind Kind, string Id);
