using Grpc.Core;
using Microsoft.AspNetCore.Http;
using XmtpOrleans.Gateway.Rpc.Bodies;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>What is checked in the headers of a request before anything is done for it.</summary>
internal static class WireChecks
{
    /// <summary>Refuses a request in a compression we cannot undo.</summary>
    public static void CheckCompression(HttpContext http, RpcProtocol protocol)
    {
        var (encoding, accepted) = HeadersOf(protocol);
        if (!http.Request.Headers.TryGetValue(encoding, out var values)) return;
        if (values.ToString() is "" or "identity" or LimitedGzip.Name) return;

        http.Response.Headers[accepted] = LimitedGzip.Name;
        throw RpcErrors.Unimplemented($"unknown compression \"{Shown(values.ToString())}\": supported encodings are {LimitedGzip.Name}");
    }

    /// <summary>Whether the client has named a compression, so that a message may say that it is compressed.</summary>
    public static bool IsPacked(RpcContext context) => context.Header(HeadersOf(context.Protocol).Encoding) == LimitedGzip.Name;

    private static (string Encoding, string Accepted) HeadersOf(RpcProtocol protocol) => protocol switch
    {
        _ when protocol.IsConnectUnary() => ("content-encoding", "accept-encoding"),
        _ when protocol.IsConnectStream() => ("connect-content-encoding", "connect-accept-encoding"),
        _ => ("grpc-encoding", "grpc-accept-encoding"),
    };

    // The client's own word, cut to what an answer may carry.
    private static string Shown(string text) => text.Length <= 32 ? text : text[..32];
}
