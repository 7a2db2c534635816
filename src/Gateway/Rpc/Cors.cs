using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Lets pages of every origin call this server (01 §3.7). No cookies are used, so nothing is gained by naming origins.</summary>
internal static class Cors
{
    private const string FixedHeaders =
        "Content-Type,Accept,Authorization,X-Client-Version,X-App-Version,Baggage,DNT,Sec-CH-UA,Sec-CH-UA-Mobile,Sec-CH-UA-Platform,"
        + "x-grpc-web,grpc-timeout,Sentry-Trace,User-Agent,x-libxmtp-version,x-app-version,"
        + "x-user-agent,connect-protocol-version,connect-timeout-ms,traceparent,tracestate";

    private static readonly StringValues AnyOrigin = "*";
    private static readonly StringValues Exposed = "grpc-status,grpc-message,grpc-status-details-bin,retry-after";
    private static readonly StringValues MaxAge = "86400";
    private static readonly StringValues Methods = "GET,HEAD,POST,PUT,PATCH,DELETE";

    private static readonly SearchValues<char> HeaderListCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_, ");

    /// <summary>Adds the headers to an answer a browser may be waiting for. A native gRPC call is none unless it names an origin.</summary>
    public static void Apply(HttpContext http, RpcProtocol protocol)
    {
        if (protocol is RpcProtocol.Grpc && http.Request.Headers.Origin.Count == 0) return;

        var headers = http.Response.Headers;
        headers.AccessControlAllowOrigin = AnyOrigin;
        headers.AccessControlExposeHeaders = Exposed;
        headers.AccessControlMaxAge = MaxAge;
    }

    /// <summary>Answers a preflight, for every path; false when the request is none.</summary>
    public static bool TryAnswerPreflight(HttpContext http)
    {
        if (!HttpMethods.IsOptions(http.Request.Method)) return false;
        if (StringValues.IsNullOrEmpty(http.Request.Headers.AccessControlRequestMethod)) return false;

        http.Response.StatusCode = StatusCodes.Status204NoContent;
        http.Response.Headers.AccessControlAllowMethods = Methods;
        http.Response.Headers.AccessControlAllowHeaders = Allowed(http.Request.Headers.AccessControlRequestHeaders.ToString());
        return true;
    }

    // An app chooses the name of its credential header itself, so what is asked for is allowed beside the fixed list.
    private static string Allowed(string asked) =>
        asked.Length is 0 or > 1024 || asked.AsSpan().ContainsAnyExcept(HeaderListCharacters) ? FixedHeaders : $"{FixedHeaders},{asked}";
}
