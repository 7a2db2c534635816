using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>A call is refused, with a code and a text meant for the client. Made by <see cref="RpcErrors"/> alone.</summary>
internal sealed class RpcRefusalException : RpcException
{
    public const string DetailsTrailer = "grpc-status-details-bin";
    public const string RetryAfterTrailer = "retry-after";

    private RpcRefusalException(StatusCode code, string text, IReadOnlyList<Any> details, Metadata trailers)
        : base(new Grpc.Core.Status(code, text), trailers, text) => Details = details;

    /// <summary>Typed details, as clients of every protocol can read them.</summary>
    public IReadOnlyList<Any> Details { get; }

    /// <summary>Value of the <c>retry-after</c> header in whole seconds, where the refusal says when to try again.</summary>
    public string? RetryAfter => Trailers.GetValue(RetryAfterTrailer);

    internal static RpcRefusalException Create(StatusCode code, string text, TimeSpan? retryAfter = null, BadRequest? violations = null)
    {
        if (retryAfter is null && violations is null) return new(code, text, [], []);

        var status = new Google.Rpc.Status { Code = (int)code, Message = text };
        var trailers = new Metadata();
        if (violations is not null) status.Details.Add(Any.Pack(violations));
        if (retryAfter is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
            trailers.Add(RetryAfterTrailer, Math.Max(1, (long)Math.Ceiling(delay.TotalSeconds)).ToString());
        }

        trailers.Add(DetailsTrailer, status.ToByteArray());
        return new(code, text, status.Details, trailers);
    }
}
