using Grpc.Core;
using XmtpOrleans.Gateway.Rpc.Bodies;

namespace XmtpOrleans.Gateway.Rpc.Connect;

/// <summary>Serves calls of the Connect protocol from the handlers that serve gRPC.</summary>
internal static class ConnectCalls
{
    /// <summary>Runs one call; its status, for the metrics.</summary>
    public static async Task<StatusCode> HandleAsync(RpcContext context, RequestBodies bodies)
    {
        var response = context.Http.Response;
        var requests = new ConnectRequests(context, context.Guard(bodies, framed: context.Protocol.IsConnectStream()));
        response.ContentType = ConnectAnswers.ContentType(context.Protocol);
        RpcStreamWriter? responses = null;
        try
        {
            if (context.Header("connect-protocol-version") is { } version and not "1")
            {
                throw RpcErrors.InvalidArgument("connect-protocol-version must be \"1\"");
            }

            if (context.Protocol.IsConnectStream()) responses = context.NewWriter(Encoding(context));
            if (await context.Method.InvokeAsync(requests, responses, context) is { } answer) await AnswerAsync(context, answer);
            else ConnectAnswers.EndStream(response, refusal: null);

            return StatusCode.OK;
        }
        catch (Exception exception)
        {
            var refusal = context.ToStatus(exception);
            if (context.End is RpcEnd.ClientGone) return refusal.StatusCode;

            if (!response.HasStarted) RpcAnswers.Refuse(context.Http, context.Protocol, refusal);
            else if (context.Protocol.IsConnectStream()) ConnectAnswers.EndStream(response, refusal);
            else context.Http.Abort(); // Half an answer: a unary one has no place for a status behind it.
            return refusal.StatusCode;
        }
    }

    private static IRpcStreamEncoding Encoding(RpcContext context) => context.Protocol is RpcProtocol.ConnectStreamJson
        ? new ConnectJsonFrames(context.Method.Descriptor.OutputType)
        : ProtoFrames.Instance;

    private static async ValueTask AnswerAsync(RpcContext context, ReadyMessage answer)
    {
        if (context.Protocol is RpcProtocol.ConnectUnaryJson)
        {
            answer = ReadyMessage.FromBytes(ConnectJson.FromReady(answer, context.Method.Descriptor.OutputType));
        }

        var response = context.Http.Response;
        if (RpcStreamWriter.IsLarge(answer))
        {
            await context.NewWriter(ProtoFrames.Instance).WriteLargeAsync(answer, framed: false);
            return;
        }

        // Messages write themselves in several steps, which Kestrel takes only once the response has started.
        response.ContentLength = answer.Length;
        await response.StartAsync(CancellationToken.None);
        answer.WriteTo(response.BodyWriter);
    }
}
