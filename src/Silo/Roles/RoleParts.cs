using System.Net;
using Microsoft.Extensions.Options;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Silo.Configuration;
using XmtpOrleans.Silo.Ops;

namespace XmtpOrleans.Silo.Roles;

/// <summary>What the applications of all roles have in common.</summary>
internal static class RoleParts
{
    /// <summary>An application that takes its settings from <paramref name="settings"/> alone, and listens where they say.</summary>
    public static WebApplicationBuilder CreateBuilder(RoleSettings settings)
    {
        var builder = EmbeddedHosting.CreateBuilder(AppContext.BaseDirectory);
        ((IConfigurationBuilder)builder.Configuration).Sources.Clear();
        builder.Configuration.AddConfiguration(settings.Values);
        EmbeddedHosting.Configure(builder);
        builder.Services.AddOptions<ListenOptions>().BindConfiguration(ListenOptions.SectionName);
        builder.Services.AddOptions<OpsOptions>().BindConfiguration(OpsOptions.SectionName);
        builder.Services.AddOptions<DrainOptions>().BindConfiguration(DrainOptions.SectionName);
        builder.Services.AddSingleton<IValidateOptions<ListenOptions>, ListenOptionsValidator>();
        builder.Services.AddSingleton<IValidateOptions<OpsOptions>, OpsOptionsValidator>();
        builder.Services.AddSingleton<IValidateOptions<DrainOptions>, DrainOptionsValidator>();
        builder.Services.AddRules<ListenOptions>().AddRules<OpsOptions>();
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            var listen = kestrel.ApplicationServices.GetRequiredService<IOptions<ListenOptions>>().Value;
            kestrel.ListenRpc(EndPointOf(listen), listen.CertificatePath is { } certificate
                ? new RpcTlsOptions { CertificatePath = certificate, KeyPath = listen.CertificateKeyPath }
                : null);
        });
        return builder;
    }

    /// <summary>Binds options that <see cref="RoleOptionsRules"/> has rules for.</summary>
    public static IServiceCollection AddChecked<TOptions>(this IServiceCollection services, string section)
        where TOptions : class
    {
        services.AddOptions<TOptions>().BindConfiguration(section);
        return services.AddRules<TOptions>();
    }

    /// <summary>Where the role serves.</summary>
    public static IPEndPoint EndPointOf(ListenOptions options) => new(IPAddress.Parse(options.Host), options.Port);

    /// <summary>Where the operator's endpoint is.</summary>
    public static IPEndPoint EndPointOf(OpsOptions options) => new(IPAddress.Parse(options.Host), options.Port);

    private static IServiceCollection AddRules<TOptions>(this IServiceCollection services)
        where TOptions : class => services.AddSingleton((IValidateOptions<TOptions>)(object)new RoleOptionsRules());
}
