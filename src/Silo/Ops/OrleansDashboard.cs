using Microsoft.Extensions.Options;
using Orleans.Dashboard;
using XmtpOrleans.Silo.Configuration;

namespace XmtpOrleans.Silo.Ops;

/// <summary>Orleans' own dashboard on the operator's port. Switched off, nothing of it is registered.</summary>
internal static class OrleansDashboard
{
    /// <summary>Where it is served.</summary>
    public const string Path = "/dashboard";

    private const string Switch = $"{OpsOptions.SectionName}:{nameof(OpsOptions.Dashboard)}";

    /// <summary>Lets a silo gather what the dashboard shows, when it is switched on.</summary>
    public static void AddOperatorDashboard(this ISiloBuilder silo)
    {
        if (silo.Configuration.IsOn(Switch)) silo.AddDashboard();
    }

    /// <summary>Lets a process without a silo show what silos gather, when it is switched on.</summary>
    public static void AddOperatorDashboard(this IClientBuilder client)
    {
        if (client.Configuration.IsOn(Switch)) client.AddDashboard();
    }

    /// <summary>Whether an application has a dashboard to show.</summary>
    public static bool IsIn(IServiceProvider application) =>
        application.GetService<IClusterClient>() is not null && application.GetService<IOptions<OpsOptions>>()?.Value.Dashboard == true;

    /// <summary>Serves an application's dashboard.</summary>
    public static void Map(WebApplication ops, IServiceProvider application)
    {
        ops.Use(async (context, next) =>
        {
            if (!context.Request.Path.StartsWithSegments(Path, StringComparison.OrdinalIgnoreCase))
            {
                await next(context);
                return;
            }

            // Its handlers ask the request for their services, which are the other application's; and its stream of logs must not hold up a stop.
            using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, ops.Lifetime.ApplicationStopping);
            (context.RequestServices, context.RequestAborted) = (application, end.Token);
            await next(context);
        });
        new Routes(ops, application).MapOrleansDashboard(Path);
    }

    private sealed class Routes(IEndpointRouteBuilder ops, IServiceProvider application) : IEndpointRouteBuilder
    {
        public IServiceProvider ServiceProvider => application;

        public ICollection<EndpointDataSource> DataSources => ops.DataSources;

        public IApplicationBuilder CreateApplicationBuilder() => ops.CreateApplicationBuilder();
    }
}
