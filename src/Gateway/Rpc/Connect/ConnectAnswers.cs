using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace XmtpOrleans.Gateway.Rpc.Connect;

/// <summary>Errors and stream ends of the Connect protocol.</summary>
internal static class ConnectAnswers
{
    private const byte EndOfStream = 2;

    /// <summary>Answers with an error and nothing else.</summary>
    public static void Refuse(HttpResponse response, RpcProtocol protocol, RpcException refusal)
    {
        response.ContentType = ContentType(protocol.IsConnectUnary() ? RpcProtocol.ConnectUnaryJson : protocol);
        if (protocol.IsConnectStream())
        {
            EndStream(response, refusal);
            return;
        }

        // 404 says more than 501 to those who mistyped a path; clients read the code from the body.
        if (response.StatusCode == StatusCodes.Status200OK) response.StatusCode = HttpStatus(refusal.StatusCode);
        var json = Json(writer => WriteError(writer, refusal));
        response.ContentLength = json.Length;
        response.BodyWriter.Write(json.Span);
    }

    /// <summary>
    /// Ends a stream, with its error if it has one. Leaves the flush to the server, as one of a stalled stream may still be under
    /// way.
    /// </summary>
    public static void EndStream(HttpResponse response, RpcException? refusal)
    {
        var json = Json(writer =>
        {
            writer.WriteStartObject();
            if (refusal is not null)
            {
                writer.WritePropertyName("error");
                WriteError(writer, refusal);
                if (refusal is RpcRefusalException { RetryAfter: { } retryAfter }) WriteMetadata(writer, "retry-after", retryAfter);
            }

            writer.WriteEndObject();
        });
        var header = response.BodyWriter.GetSpan(ReadyMessage.FrameHeaderLength);
        header[0] = EndOfStream;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], json.Length);
        response.BodyWriter.Advance(ReadyMessage.FrameHeaderLength);
        response.BodyWriter.Write(json.Span);
    }

    public static string ContentType(RpcProtocol protocol) => protocol switch
    {
        RpcProtocol.ConnectUnaryProto => "application/proto",
        RpcProtocol.ConnectUnaryJson => "application/json",
        RpcProtocol.ConnectStreamProto => "application/connect+proto",
        _ => "application/connect+json",
    };

    internal static int HttpStatus(StatusCode code) => code switch
    {
        StatusCode.Cancelled => StatusCodes.Status499ClientClosedRequest,
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => StatusCodes.Status400BadRequest,
        StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.AlreadyExists or StatusCode.Aborted => StatusCodes.Status409Conflict,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Unimplemented => StatusCodes.Status501NotImplemented,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };

    internal static string CodeName(StatusCode code) => code switch
    {
        StatusCode.Cancelled => "canceled",
        StatusCode.InvalidArgument => "invalid_argument",
        StatusCode.DeadlineExceeded => "deadline_exceeded",
        StatusCode.NotFound => "not_found",
        StatusCode.AlreadyExists => "already_exists",
        StatusCode.PermissionDenied => "permission_denied",
        StatusCode.ResourceExhausted => "resource_exhausted",
        StatusCode.FailedPrecondition => "failed_precondition",
        StatusCode.Aborted => "aborted",
        StatusCode.OutOfRange => "out_of_range",
        StatusCode.Unimplemented => "unimplemented",
        StatusCode.Internal => "internal",
        StatusCode.Unavailable => "unavailable",
        StatusCode.DataLoss => "data_loss",
        StatusCode.Unauthenticated => "unauthenticated",
        _ => "unknown",
    };

    private static ReadOnlyMemory<byte> Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return buffer.WrittenMemory;
    }

    private static void WriteError(Utf8JsonWriter writer, RpcException refusal)
    {
        writer.WriteStartObject();
        writer.WriteString("code", CodeName(refusal.StatusCode));
        if (refusal.Status.Detail.Length > 0) writer.WriteString("message", refusal.Status.Detail);
        if (refusal is RpcRefusalException { Details.Count: > 0 } rich)
        {
            writer.WriteStartArray("details");
            foreach (var detail in rich.Details)
            {
                writer.WriteStartObject();
                writer.WriteString("type", detail.TypeUrl[(detail.TypeUrl.LastIndexOf('/') + 1)..]);
                writer.WriteString("value", Convert.ToBase64String(detail.Value.Span).TrimEnd('='));
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteMetadata(Utf8JsonWriter writer, string name, string value)
    {
        writer.WriteStartObject("metadata");
        writer.WriteStartArray(name);
        writer.WriteStringValue(value);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
