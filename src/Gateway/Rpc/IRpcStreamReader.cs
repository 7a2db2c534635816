namespace XmtpOrleans.Gateway.Rpc;

/// <summary>The requests of a duplex call, one reader at a time.</summary>
internal interface IRpcStreamReader<TRequest>
{
    /// <summary>
    /// The next request, or <see langword="null"/> once the client has closed its side. Bytes that cannot be parsed end the call with
    /// <c>InvalidArgument</c>. Ends with cancellation when the call ends.
    /// </summary>
    ValueTask<RpcRequest<TRequest>?> ReadAsync(CancellationToken cancellationToken);
}
