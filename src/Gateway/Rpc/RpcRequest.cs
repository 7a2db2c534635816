namespace XmtpOrleans.Gateway.Rpc;

/// <summary>A received request: what was read from it, and exactly the bytes it was read from (decompressed, without framing).</summary>
/// <remarks>The bytes belong to this request alone and are never reused, so slices of them may be kept.</remarks>
internal sealed class RpcRequest<TRequest>(TRequest message, ReadOnlyMemory<byte> bytes)
{
    public TRequest Message { get; } = message;

    public ReadOnlyMemory<byte> Bytes { get; } = bytes;
}
