namespace XmtpOrleans.Gateway.Rpc;

/// <summary>
/// A group of methods this process serves. Register one as a singleton <see cref="IRpcService"/>; its methods are bound once, when
/// the server starts.
/// </summary>
internal interface IRpcService
{
    /// <summary>Names the methods and their handlers. One object may bind itself under several service names.</summary>
    void Bind(RpcBinder binder);
}
