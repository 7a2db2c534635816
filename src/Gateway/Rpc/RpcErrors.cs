using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using XmtpOrleans.Grains.Originators;
using Status = Grpc.Core.Status;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>The one place where a refusal becomes a status. Texts reach users, so they are short, plain and name no internals.</summary>
internal static class RpcErrors
{
    private const string Hidden = "request has failed";
    private const string Internal = "internal server error";

    /// <summary>How long a client that was refused for a passing reason is asked to wait.</summary>
    public static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>The caller's fault. The text names the index and field at fault.</summary>
    public static RpcRefusalException InvalidArgument(string text) => RpcRefusalException.Create(StatusCode.InvalidArgument, text);

    /// <summary>The caller's fault, with each wrong field as a typed detail as well.</summary>
    public static RpcRefusalException InvalidArgument(string text, params ReadOnlySpan<(string Field, string Description)> violations)
    {
        var bad = new BadRequest();
        foreach (var (field, description) in violations)
        {
            bad.FieldViolations.Add(new BadRequest.Types.FieldViolation { Field = field, Description = description });
        }

        return RpcRefusalException.Create(StatusCode.InvalidArgument, text, details: [bad]);
    }

    /// <summary>Received bytes are not the method's request.</summary>
    public static RpcRefusalException Unparsable(string reason) => InvalidArgument($"unmarshal message: {reason}");

    public static RpcRefusalException NotFound(string text) => RpcRefusalException.Create(StatusCode.NotFound, text);

    public static RpcRefusalException FailedPrecondition(string text) => RpcRefusalException.Create(StatusCode.FailedPrecondition, text);

    public static RpcRefusalException Unauthenticated(string text) => RpcRefusalException.Create(StatusCode.Unauthenticated, text);

    public static RpcRefusalException PermissionDenied(string text) => RpcRefusalException.Create(StatusCode.PermissionDenied, text);

    public static RpcRefusalException Unimplemented(string text) => RpcRefusalException.Create(StatusCode.Unimplemented, text);

    public static RpcRefusalException Aborted(string text) => RpcRefusalException.Create(StatusCode.Aborted, text);

    public static RpcRefusalException DeadlineExceeded(string text) => RpcRefusalException.Create(StatusCode.DeadlineExceeded, text);

    /// <summary>A message longer than the protocol allows.</summary>
    public static RpcRefusalException MessageTooLarge(long length) =>
        TooLarge($"message size {length} is larger than configured max {RpcOptions.MaxMessageBytes}");

    /// <summary>The request exceeds a limit that waiting does not change.</summary>
    public static RpcRefusalException TooLarge(string text) => RpcRefusalException.Create(StatusCode.ResourceExhausted, text);

    /// <summary>The caller exceeds its share; it may try again after <paramref name="retryAfter"/>.</summary>
    public static RpcRefusalException ResourceExhausted(string text, TimeSpan retryAfter) =>
        RpcRefusalException.Create(StatusCode.ResourceExhausted, text, retryAfter);

    /// <summary>Our fault, and passing: overload, a store out of reach, a stop.</summary>
    public static RpcRefusalException Unavailable(string text, TimeSpan retryAfter) =>
        RpcRefusalException.Create(StatusCode.Unavailable, text, retryAfter);

    /// <inheritdoc cref="Unavailable(string, TimeSpan)"/>
    public static RpcRefusalException Unavailable(string text) => Unavailable(text, DefaultRetryAfter);

    /// <summary>A request of which only a part failed, whoever is at fault; the details say which part.</summary>
    public static RpcRefusalException Failure(StatusCode code, string text, TimeSpan? retryAfter, IEnumerable<IMessage> details) =>
        RpcRefusalException.Create(code, text, retryAfter, details);

    /// <summary>The status of a call whose handler threw <paramref name="exception"/> while the call was <paramref name="end"/>.</summary>
    public static RpcException ToStatus(Exception exception, RpcEnd end) => exception switch
    {
        RpcRefusalException refusal => refusal,
        _ when end is not RpcEnd.None && IsCancellation(exception) => ToStatus(end),
        RpcException foreign => Cleaned(foreign.StatusCode, foreign.Status.Detail),
        StoreException => Unavailable("storage is not available"),
        _ => RpcRefusalException.Create(StatusCode.Internal, Internal),
    };

    /// <summary>The status of a call that was ended from outside its handler.</summary>
    public static RpcException ToStatus(RpcEnd end) => end switch
    {
        RpcEnd.Drained => Unavailable("service is shutting down"),
        RpcEnd.DeadlineExceeded => DeadlineExceeded("request timed out"),
        RpcEnd.ClientGone => RpcRefusalException.Create(StatusCode.Cancelled, "request was canceled"),
        _ => RpcRefusalException.Create(StatusCode.Internal, Internal),
    };

    /// <summary>Whether <see cref="ToStatus(Exception, RpcEnd)"/> hides a fault that nobody would otherwise hear of.</summary>
    /// <remarks>A store that is away says so in its own log; a line for each call would only flood it.</remarks>
    public static bool IsUnexpected(Exception exception, RpcEnd end) =>
        exception is not (RpcException or StoreException { IsTransient: true }) && (end is RpcEnd.None || !IsCancellation(exception));

    // A status that came from elsewhere (another node, a library) may carry anything in its text (02 §2.4).
    private static RpcRefusalException Cleaned(StatusCode code, string text) => RpcRefusalException.Create(code, code switch
    {
        StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.Unimplemented => text,
        StatusCode.Internal => Internal,
        StatusCode.DeadlineExceeded => "request timed out",
        StatusCode.Cancelled => "request was canceled",
        _ => Hidden,
    });

    // A broken connection surfaces as IOException from reads and writes that were under way.
    private static bool IsCancellation(Exception exception) =>
        exception is OperationCanceledException or IOException
            or RpcException { StatusCode: StatusCode.Cancelled or StatusCode.DeadlineExceeded };
}
