using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace XmtpOrleans.Gateway.Rpc.Bodies;

/// <summary>Puts the guard between the gRPC server and a body that gRPC-Web has already unwrapped.</summary>
internal sealed class GuardedBodyMiddleware(RequestDelegate next, RequestBodies bodies)
{
    public Task InvokeAsync(HttpContext http)
    {
        var context = http.Features.GetRequiredFeature<RpcContext>();
        http.Features.Set<IRequestBodyPipeFeature>(context.Guard(bodies, framed: true));
        return next(http);
    }
}
