using Microsoft.AspNetCore.Http;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>The way of every request to its method: what it is, whether it is admitted, and what is said when not.</summary>
internal sealed class RpcPipeline(RequestDelegate next, RpcMethodTable methods, RpcServer server)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (methods.Find(http.Request.Path.Value!) is not { } method)
        {
            await next(http);
            return;
        }

        var context = new RpcContext(http, method, RpcProtocol.Grpc, timeout: null, server);
        http.Features.Set(context);
        try
        {
            await next(http);
        }
        finally
        {
            context.Dispose();
        }
    }
}
