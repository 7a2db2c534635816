using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using XmtpOrleans.Gateway.Rpc.Binding;
using XmtpOrleans.Gateway.Rpc.Bodies;
using XmtpOrleans.Gateway.Rpc.Connect;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>The way of every request to its method: what it is, whether it is admitted, and what is said when not.</summary>
internal sealed class RpcPipeline(
    RequestDelegate next,
    RpcMethodTable methods,
    RpcServer server,
    RpcMetrics metrics,
    OpenStreams streams,
    RequestBodies bodies,
    ServingState state,
    IEnumerable<IRpcAuthorizer> authorizers,
    IServiceProvider services)
{
    // Nothing here is scoped to a call, and a scope for each would be a sixth of what a call allocates.
    private readonly RootServices _services = new(services);
    private readonly IRpcAuthorizer[] _authorizers = [.. authorizers];

    public Task InvokeAsync(HttpContext http)
    {
        var protocol = RpcProtocols.Of(http.Request.ContentType);
        Cors.Apply(http, protocol);
        if (Cors.TryAnswerPreflight(http)) return Task.CompletedTask;

        if (methods.Find(http.Request.Path.Value!) is not { } method) RpcAnswers.UnknownMethod(http, protocol);
        else if (!HttpMethods.IsPost(http.Request.Method)) RpcAnswers.WrongHttpMethod(http);
        else if (!protocol.Fits(method.Kind)) RpcAnswers.WrongContentType(http, method);
        else if (method.Kind is RpcMethodKind.Duplex && HttpProtocol.IsHttp11(http.Request.Protocol)) RpcAnswers.WrongHttpVersion(http);
        else return CallAsync(http, method, protocol);

        return Task.CompletedTask;
    }

    private async Task CallAsync(HttpContext http, RpcMethod method, RpcProtocol protocol)
    {
        var started = metrics.Start(method);
        var code = StatusCode.Unknown;
        RpcContext? context = null;
        try
        {
            WireChecks.CheckCompression(http, protocol);
            context = new RpcContext(http, method, protocol, RpcTimeouts.Take(http.Request, protocol), server);
            if (method.IsStream) streams.Open(context);
            Admit();
            if (_authorizers.Length > 0 && !method.IsHealth) await AuthorizeAsync(context);

            if (protocol.IsConnect())
            {
                code = await ConnectCalls.HandleAsync(context, bodies);
            }
            else
            {
                RpcAnswers.AnswerInKind(http);
                http.Features.Set(context);
                if (protocol is RpcProtocol.GrpcWebText) http.Features.Set<IRequestBodyPipeFeature>(context.Abandonable());
                http.Features.Set<IServiceProvidersFeature>(_services);
                await next(http);
                code = http.Features.Get<IServerCallContextFeature>()?.ServerCallContext.Status.StatusCode ?? StatusCode.Unknown;
            }
        }
        catch (RpcException refusal) when (!http.Response.HasStarted)
        {
            code = refusal.StatusCode;
            RpcAnswers.Refuse(http, protocol, refusal);
        }
        finally
        {
            metrics.End(method, code, started);
            if (context is not null)
            {
                if (method.IsStream) streams.Close(context);
                context.Dispose();
            }
        }
    }

    private void Admit()
    {
        if (state.Phase is ServingPhase.Draining) throw RpcErrors.ToStatus(RpcEnd.Drained);
        if (state.Phase is ServingPhase.Starting) throw RpcErrors.Unavailable("service is starting");
    }

    private async ValueTask AuthorizeAsync(RpcContext context)
    {
        try
        {
            foreach (var authorizer in _authorizers)
            {
                await authorizer.AuthorizeAsync(context, context.CancellationToken);
            }
        }
        catch (Exception exception)
        {
            throw context.ToStatus(exception);
        }
    }

    private sealed class RootServices(IServiceProvider services) : IServiceProvidersFeature
    {
        public IServiceProvider RequestServices
        {
            get => services;
            set => throw new NotSupportedException();
        }
    }
}
