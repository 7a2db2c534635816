using Grpc.AspNetCore.Server.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using XmtpOrleans.Gateway.Rpc.Binding;
using XmtpOrleans.Gateway.Rpc.Bodies;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Puts the RPC front into a web application.</summary>
public static class RpcHosting
{
    /// <summary>Registers the RPC front. Methods come from the registered services of this assembly.</summary>
    public static IServiceCollection AddRpc(this IServiceCollection services)
    {
        services.AddOptions<RpcOptions>().BindConfiguration(RpcOptions.SectionName).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RpcOptions>, RpcOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RpcOptions>, RpcOptionsRules>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ServingState>();
        services.TryAddSingleton<RpcServer>();
        services.TryAddSingleton<RpcMethodTable>();
        services.TryAddSingleton<RpcMetrics>();
        services.TryAddSingleton<RequestBodies>();
        services.TryAddSingleton<OpenStreams>();
        services.AddHostedService<RpcDrain>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IRpcService, RpcHealth>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IRpcService, RpcReflection>());
        services.Configure<SocketTransportOptions>(RpcEndpoints.DetectDeadPeers);
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = RpcOptions.MaxMessageBytes;
            grpc.MaxSendMessageSize = RpcOptions.MaxMessageBytes;
            grpc.CompressionProviders = [new LimitedGzip()];
        });
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IServiceMethodProvider<RpcMethodTable>, RpcGrpcBinding>());
        services.AddOptions<LoggerFilterOptions>().Configure<IOptions<RpcOptions>>(static (filter, rpc) =>
        {
            // A line per request costs four times the request; a log that could say one makes an activity and a scope for each.
            if (rpc.Value.LogRequests) return;
            filter.Rules.Add(new LoggerFilterRule(null, "Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None, null));
            filter.Rules.Add(new LoggerFilterRule(null, "Microsoft.AspNetCore", LogLevel.Warning, null));
            filter.Rules.Add(new LoggerFilterRule(null, "Grpc", LogLevel.Warning, null));
        });
        return services;
    }

    /// <summary>Adds the RPC front to the request pipeline; it answers every path.</summary>
    public static WebApplication UseRpc(this WebApplication app)
    {
        app.UseMiddleware<RpcPipeline>();
        app.UseRouting();
        app.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true });
        app.UseMiddleware<GuardedBodyMiddleware>();
        app.MapGrpcService<RpcMethodTable>();
        return app;
    }
}
