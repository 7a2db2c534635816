using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using XmtpOrleans.Gateway.Rpc.Binding;
using XmtpOrleans.Gateway.Rpc.Connect;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Answers a call that never reaches its handler, in the form its protocol wants.</summary>
internal static class RpcAnswers
{
    private const string Suffix = "+proto";

    /// <summary>Refuses with a status: for gRPC in the headers of an empty answer, for Connect as its error body.</summary>
    public static void Refuse(HttpContext http, RpcProtocol protocol, RpcException refusal)
    {
        if (refusal is RpcRefusalException { RetryAfter: { } retryAfter }) http.Response.Headers.RetryAfter = retryAfter;
        if (protocol.IsConnect())
        {
            ConnectAnswers.Refuse(http.Response, protocol, refusal);
            return;
        }

        var response = http.Response;
        response.ContentType = protocol switch
        {
            RpcProtocol.GrpcWeb => "application/grpc-web",
            RpcProtocol.GrpcWebText => "application/grpc-web-text",
            _ => "application/grpc",
        };
        AnswerInKind(http);
        response.Headers["grpc-status"] = ((int)refusal.StatusCode).ToString();
        if (refusal.Status.Detail.Length > 0) response.Headers["grpc-message"] = PercentEncode(refusal.Status.Detail);
        foreach (var entry in refusal.Trailers)
        {
            response.Headers.Append(entry.Key, entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes) : entry.Value);
        }
    }

    /// <summary>Gives the answer of the gRPC server the content type that the client used, <c>+proto</c> included.</summary>
    public static void AnswerInKind(HttpContext http)
    {
        // The callback that was registered first runs last, after that of gRPC-Web.
        if (http.Request.ContentType?.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase) is not true) return;
        http.Response.OnStarting(
            static response =>
            {
                ((HttpResponse)response).ContentType += Suffix;
                return Task.CompletedTask;
            },
            http.Response);
    }

    /// <summary>A path that is bound to no method.</summary>
    public static void UnknownMethod(HttpContext http, RpcProtocol protocol)
    {
        if (protocol is RpcProtocol.None || !HttpMethods.IsPost(http.Request.Method))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (protocol.IsConnectUnary()) http.Response.StatusCode = StatusCodes.Status404NotFound;
        Refuse(http, protocol, RpcErrors.Unimplemented("unknown method"));
    }

    /// <summary>A method asked for by other means than POST.</summary>
    public static void WrongHttpMethod(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        http.Response.Headers.Allow = HttpMethods.Post;
    }

    /// <summary>A method asked for in a content type that it does not speak.</summary>
    public static void WrongContentType(HttpContext http, RpcMethod method)
    {
        http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
        http.Response.Headers["accept-post"] = method.IsStream ? RpcProtocols.AcceptedStream : RpcProtocols.AcceptedUnary;
    }

    /// <summary>A duplex method over HTTP/1.1, which cannot carry it.</summary>
    public static void WrongHttpVersion(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status505HttpVersionNotsupported;
        http.Response.Headers.Connection = "close";
    }

    private static string PercentEncode(string text)
    {
        var encoded = new StringBuilder(text.Length + 16);
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            if (value is >= 0x20 and <= 0x7e and not (byte)'%') encoded.Append((char)value);
            else encoded.Append('%').Append(value.ToString("X2"));
        }

        return encoded.ToString();
    }
}
