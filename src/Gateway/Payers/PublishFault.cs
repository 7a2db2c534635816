using Grpc.Core;
using Google.Rpc;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Why an envelope was not published.</summary>
/// <param name="Code">The status for the client.</param>
/// <param name="Text">The reason in words for the client.</param>
/// <param name="RetryAfter">When it may try again; <see langword="null"/> when waiting changes nothing.</param>
internal sealed record PublishFault(StatusCode Code, string Text, TimeSpan? RetryAfter = null)
{
    private const int MaxTextLength = 2_000; // a status travels in trailers, of which clients take 16 KiB

    private static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Whether nobody was reached, so that the same node may take it a moment later.</summary>
    public bool IsUnreached { get; init; }

    /// <summary>Whether the envelope itself or its sender is at fault, so that no other node would take it either (04 §4.2).</summary>
    public bool IsPermanent => Code is StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.PermissionDenied
        or StatusCode.Unauthenticated or StatusCode.OutOfRange or StatusCode.Unimplemented;

    /// <summary>The caller's fault.</summary>
    public static PublishFault Invalid(string text) => new(StatusCode.InvalidArgument, text);

    /// <summary>Our fault, and passing.</summary>
    public static PublishFault Unavailable(string text) => new(StatusCode.Unavailable, text, DefaultRetryAfter);

    /// <summary>Nobody answers where the node is said to be.</summary>
    public static PublishFault Unreached { get; } = Unavailable("the node cannot be reached") with { IsUnreached = true };

    /// <summary>What a node's refusal means to the client: faults of the envelope pass as they are, a node's own troubles become ours.</summary>
    public static PublishFault Of(RpcException refusal)
    {
        var text = refusal.Status.Detail;
        var given = new PublishFault(refusal.StatusCode, text.Length <= MaxTextLength ? text : text[..MaxTextLength] + " …");
        if (given.IsPermanent) return given;

        var retryAfter = RetryAfterOf(refusal) ?? DefaultRetryAfter;
        return refusal.StatusCode switch
        {
            StatusCode.ResourceExhausted => given with { Text = "the node takes no more for the moment", RetryAfter = retryAfter },
            StatusCode.DeadlineExceeded => given with { Text = "the node did not answer in time", RetryAfter = retryAfter },
            _ => new PublishFault(StatusCode.Unavailable, "the node could not take it", retryAfter),
        };
    }

    private static TimeSpan? RetryAfterOf(RpcException refusal)
    {
        try
        {
            return refusal.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan();
        }
        catch (Exception failure) when (failure is Google.Protobuf.InvalidProtocolBufferException or InvalidOperationException or OverflowException)
        {
            return null; // details of a node are a hint at most
        }
    }
}
