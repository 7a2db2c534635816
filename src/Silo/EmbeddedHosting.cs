using Microsoft.Extensions.Options;
using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Silo;

/// <summary>What the applications inside one process have in common.</summary>
internal static class EmbeddedHosting
{
    private static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(30); // beside the time over which streams are ended

    /// <summary>An application whose settings are read once: watching files for changes takes one of the few watchers a user has for each of them.</summary>
    /// <param name="contentRoot">Where its files are; the folder it is started in by default.</param>
    public static WebApplicationBuilder CreateBuilder(string? contentRoot = null) => WebApplication.CreateSlimBuilder(
        new WebApplicationOptions { ContentRootPath = contentRoot, Args = ["--hostBuilder:reloadConfigOnChange=false"] });

    /// <summary>No signal handling of its own, and warnings on the console in one line each. What the configuration says of <c>Logging</c> counts before that.</summary>
    public static void Configure(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        builder.Services.AddOptions<HostOptions>().Configure<IOptions<RpcOptions>>(
            static (host, rpc) => host.ShutdownTimeout = rpc.Value.DrainTime + StopsWithin);
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        });
        builder.Logging.AddFilter("XmtpOrleans", LogLevel.Information);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error); // warns that cleartext has no HTTP/2: ours has
        builder.Logging.AddFilter("Orleans", LogLevel.Warning);
        builder.Logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error); // 100405: asks for the server collector, which costs memory here
        builder.Logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error); // 100150: false alarm at start in this version
        builder.Logging.AddFilter("Orleans.Messaging.GatewayManager", LogLevel.Error); // ten lines a second while no silo lives; readiness says so, too
        builder.Logging.AddFilter("Polly", LogLevel.Critical); // retries inside Orleans, which logs what comes of them itself
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
    }
}
