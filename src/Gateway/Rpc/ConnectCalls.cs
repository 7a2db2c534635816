using System.Buffers;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Serves calls of the Connect protocol from the handlers that serve gRPC.</summary>
internal static class ConnectCalls
{
    /// <summary>Runs one call; its status, for the metrics.</summary>
    public static async Task<StatusCode> HandleAsync(RpcContext context, GuardedBody body)
    {
        var response = context.Http.Response;
        var requests = new ConnectRequests(context, body);
        response.ContentType = ConnectAnswers.ContentType(context.Protocol);
        RpcStreamWriter? responses = null;
        try
        {
            if (context.Header("connect-protocol-version") is { } version and not "1")
            {
                throw RpcErrors.InvalidArgument("connect-protocol-version must be \"1\"");
            }

            if (context.Protocol.IsConnectStream()) responses = context.NewWriter(Encoding(context));
            if (await context.Method.InvokeAsync(requests, responses, context) is { } answer) Write(response, context, answer);
            else ConnectAnswers.EndStream(response, refusal: null);

            return StatusCode.OK;
        }
        catch (Exception exception)
        {
            var refusal = context.ToStatus(exception);
            if (context.End is RpcEnd.ClientGone) return refusal.StatusCode;

            if (response.HasStarted) ConnectAnswers.EndStream(response, refusal);
            else RpcAnswers.Refuse(context.Http, context.Protocol, refusal);
            return refusal.StatusCode;
        }
    }

    private static IRpcStreamEncoding Encoding(RpcContext context) => context.Protocol is RpcProtocol.ConnectStreamJson
        ? new ConnectJsonFrames(context.Method.Descriptor.OutputType)
        : ProtoFrames.Instance;

    private static void Write(HttpResponse response, RpcContext context, object answer)
    {
        var bytes = context.Protocol is RpcProtocol.ConnectUnaryJson
            ? answer is ReadyMessage ready ? ConnectJson.FromReady(ready, context.Method.Descriptor.OutputType) : ConnectJson.FromMessage((IMessage)answer)
            : answer is ReadyMessage encoded ? encoded.ToContiguous() : ((IMessage)answer).ToByteArray();
        response.ContentLength = bytes.Length;
        response.BodyWriter.Write(bytes.Span);
    }
}
