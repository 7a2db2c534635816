using System.Net;
using Microsoft.Extensions.Options;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Silo.Configuration;
using XmtpOrleans.Silo.Ops;

namespace XmtpOrleans.Silo.Roles;

/// <summary>Runs a role from its settings to the last drained call.</summary>
internal static class RoleRun
{
    /// <summary>Starts the role, waits for SIGTERM or Ctrl-C, drains, and returns the exit code.</summary>
    public static Task<int> RunAsync(Role role, RoleSettings settings) => RunningCommand.RunAsync(async stopping =>
    {
        var builder = role.Compose(settings);
        StartException.ThrowIfAny([.. settings.Faults, .. ConfigurationCheck.Faults(builder).Where(fault => !SecretFiles.IsTold(settings.Faults, fault))]);

        var application = builder.Build().UseRpc();
        var (listen, ops) = (application.Services.GetRequiredService<IOptions<ListenOptions>>().Value,
            application.Services.GetRequiredService<IOptions<OpsOptions>>().Value);
        (string Setting, IPEndPoint EndPoint)[] ports =
        [
            ("Listen:Port", RoleParts.EndPointOf(listen)), ("Ops:Port", RoleParts.EndPointOf(ops)), .. role.Ports(application.Services),
        ];
        StartException.ThrowIfAny(ConfigurationCheck.SharedPortFaults(ports));
        StartException.ThrowIfAny(ports.Select(static port => ConfigurationCheck.PortFault(port.Setting, port.EndPoint.Address, port.EndPoint.Port)));

        var process = new ServingProcess(
            [new ServedApplication(role.Name, application, role.EnterAsync)],
            RoleParts.EndPointOf(ops),
            application.Services.GetRequiredService<IOptions<DrainOptions>>().Value.Delay)
        {
            DatabaseLimit = Timeout.InfiniteTimeSpan,
        };
        Greet(role, settings, application.Services, listen, ops);
        await process.StartAsync(stopping);
        return process;
    });

    private static void Greet(Role role, RoleSettings settings, IServiceProvider services, ListenOptions listen, OpsOptions ops)
    {
        var rows = new List<(string Name, string Text)>
        {
            (role.Name, $"{(listen.CertificatePath is null ? "http" : "https")}://{RoleParts.EndPointOf(listen)}"),
            ("ops", $"http://{RoleParts.EndPointOf(ops)}/health/ready  /metrics{(OrleansDashboard.IsIn(services) ? $"  {OrleansDashboard.Path}" : "")}"),
        };
        rows.AddRange(role.Describe(services));
        if (settings.Unused.Count > 0) rows.Add(("not used", string.Join(' ', settings.Unused)));
        var width = rows.Max(static row => row.Name.Length);
        foreach (var (name, text) in rows)
        {
            Console.WriteLine($"{name.PadRight(width)}  {text}"); // whole lines, for log collectors
        }
    }
}
