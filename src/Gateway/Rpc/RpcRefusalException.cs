using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>A call is refused, with a code and a text meant for the client. Made by <see cref="RpcErrors"/> alone.</summary>
internal sealed class RpcRefusalException : RpcException
{
    public const string DetailsTrailer = "grpc-status-details-bin";

    // Clients take 16 KiB of trailers, and the text travels twice where there are details. What it repeats of a request may be megabytes.
    private const int MaxTextLength = 2_000;

    private RpcRefusalException(StatusCode code, string text, IReadOnlyList<Any> details, Metadata trailers, string? retryAfter)
        : base(new Grpc.Core.Status(code, text), trailers, text) => (Details, RetryAfter) = (details, retryAfter);

    /// <summary>Typed details, as clients of every protocol can read them.</summary>
    public IReadOnlyList<Any> Details { get; }

    /// <summary>Value of the <c>retry-after</c> header in whole seconds, where the refusal says when to try again.</summary>
    /// <remarks>Sent as a header only: .NET's gRPC-Web client refuses a whole answer that carries it as a trailer.</remarks>
    public string? RetryAfter { get; }

    internal static RpcRefusalException Create(
        StatusCode code, string text, TimeSpan? retryAfter = null, IEnumerable<IMessage>? details = null)
    {
        // HTTP/2 libraries drop a header whose value ends in a space, and with it the whole text.
        text = (text.Length <= MaxTextLength ? text : text[..MaxTextLength] + " …").Trim();
        if (retryAfter is null && details is null) return new(code, text, [], [], retryAfter: null);

        var status = new Google.Rpc.Status { Code = (int)code, Message = text };
        if (details is not null) status.Details.Add(details.Select(Any.Pack));
        if (retryAfter is { } delay) status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));

        var seconds = retryAfter is null ? null : Math.Max(1, (long)Math.Ceiling(retryAfter.Value.TotalSeconds)).ToString();
        return new(code, text, status.Details, new Metadata { { DetailsTrailer, status.ToByteArray() } }, seconds);
    }
}
