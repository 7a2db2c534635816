using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Puts the RPC front into a web application.</summary>
public static class RpcHosting
{
    /// <summary>Registers the RPC front. Methods come from the registered services of this assembly.</summary>
    public static IServiceCollection AddRpc(this IServiceCollection services)
    {
        services.AddOptions<RpcOptions>().BindConfiguration(RpcOptions.SectionName).ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ServingState>();
        services.TryAddSingleton<RpcServer>();
        services.TryAddSingleton<RpcMethodTable>();
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = RpcOptions.MaxMessageBytes;
            grpc.MaxSendMessageSize = RpcOptions.MaxMessageBytes;
        });
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<Grpc.AspNetCore.Server.Model.IServiceMethodProvider<RpcMethodTable>, RpcGrpcBinding>());
        services.AddLogging(logging => logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning));
        return services;
    }

    /// <summary>Adds the RPC front to the request pipeline; it answers every path.</summary>
    public static WebApplication UseRpc(this WebApplication app)
    {
        app.UseMiddleware<RpcPipeline>();
        app.UseRouting();
        app.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true });
        app.MapGrpcService<RpcMethodTable>();
        return app;
    }
}
