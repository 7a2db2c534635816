namespace XmtpOrleans.Silo;

/// <summary>What the applications inside one process have in common.</summary>
internal static class EmbeddedHosting
{
    /// <summary>No signal handling of its own, and warnings on the console in one line each.</summary>
    public static void Configure(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
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
    }
}
