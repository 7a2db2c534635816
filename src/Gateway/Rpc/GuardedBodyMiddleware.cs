using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Puts the guard between the gRPC server and a body that gRPC-Web has already unwrapped.</summary>
internal sealed class GuardedBodyMiddleware(RequestDelegate next, RequestBodies bodies)
{
    public async Task InvokeAsync(HttpContext http)
    {
        var context = http.Features.GetRequiredFeature<RpcContext>();
        var body = new GuardedBody(http.Request.BodyReader, bodies, context, framed: true);
        http.Features.Set<IRequestBodyPipeFeature>(body);
        try
        {
            await next(http);
        }
        finally
        {
            body.Release();
        }
    }
}
