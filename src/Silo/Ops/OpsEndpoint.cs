using System.Net;
using OpenTelemetry.Metrics;

namespace XmtpOrleans.Silo.Ops;

/// <summary>The operator's port: liveness, readiness, metrics and, when asked for, the dashboard, apart from every port that clients reach.</summary>
internal static class OpsEndpoint
{
    /// <summary>Builds the application; the caller starts and stops it.</summary>
    /// <param name="endPoint">Where it listens.</param>
    /// <param name="readiness">What <c>/health/ready</c> says.</param>
    /// <param name="applications">The services of the process's applications.</param>
    public static WebApplication Build(IPEndPoint endPoint, Readiness readiness, IEnumerable<IServiceProvider> applications)
    {
        var builder = EmbeddedHosting.CreateBuilder();
        EmbeddedHosting.Configure(builder);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(endPoint));
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter("XmtpOrleans.*", "System.Runtime").AddPrometheusExporter());
        var app = builder.Build();

        // Live means only that the process answers: a database that is away must not make an orchestrator kill it.
        app.MapGet("/health/live", () => Results.Text("live\n"));
        app.MapGet("/health/ready", () => readiness.Faults() is { Count: > 0 } faults
            ? Results.Text(string.Join('\n', faults) + "\n", statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Text("ready\n"));
        app.MapPrometheusScrapingEndpoint("/metrics");
        if (applications.FirstOrDefault(OrleansDashboard.IsIn) is { } application) OrleansDashboard.Map(app, application);
        return app;
    }
}
