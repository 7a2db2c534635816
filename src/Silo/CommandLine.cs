using System.Collections;
using System.CommandLine;
using System.Globalization;
using System.Numerics;
using XmtpOrleans.Silo.Configuration;
using XmtpOrleans.Silo.Dev;
using XmtpOrleans.Silo.Roles;

namespace XmtpOrleans.Silo;

/// <summary>The commands of the executable. Without one it runs <c>dev</c>.</summary>
internal static class CommandLine
{
    /// <summary>Exit code of a process that could not start as it was asked to.</summary>
    public const int CannotStart = 2;

    /// <summary>Runs what the arguments ask for and returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var dev = DevCommand();
        var root = new RootCommand("One operator of the decentralised XMTP network. Without a command it runs dev; COMMAND --help lists what a command takes.")
        {
            dev,
            CommandOf("migrate", "Brings the node's PostgreSQL database to the schema of this version, and ends", MigrateCommand.RunAsync),
            CommandOf("health", "Asks the process on this machine's ops port whether it is live; exit code 0 or 1", HealthCommand.RunAsync),
        };
        foreach (var role in Role.All) root.Add(CommandOf(role.Name, role.Summary, settings => RoleRun.RunAsync(role, settings)));
        var isDefault = args.Length == 0 || (args[0].StartsWith('-') && args[0] is not ("-h" or "-?" or "--help" or "--version"));
        var parsed = root.Parse(isDefault ? ["dev", .. args] : args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var fault in Faults(parsed)) await Console.Error.WriteLineAsync(fault);
            return CannotStart;
        }

        // Its own handling of SIGTERM would end the process after two seconds, in the middle of the drain.
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    private static IEnumerable<string> Faults(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        return parsed.UnmatchedTokens is not [var unknown, ..] ? [.. parsed.Errors.Select(static error => error.Message), "See --help."]
            : command is RootCommand ? [$"{unknown}: there is no such command; give one of {string.Join(", ", command.Subcommands.Select(static each => each.Name))}"]
            : [$"{unknown}: {command.Name} takes nothing of that name; see {command.Name} --help"];
    }

    private static Option<T> Number<T>(string name, string description, T byDefault)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            DefaultValueFactory = _ => byDefault,
            CustomParser = result =>
            {
                if (T.TryParse(result.Tokens[^1].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)) return value;
                result.AddError($"{name} {result.Tokens[^1].Value}: give a {(T.TryParse("0.5", CultureInfo.InvariantCulture, out _) ? "number" : "whole number")}");
                return default;
            },
        };

    private static Command DevCommand()
    {
        var data = new Option<string>("--data") { Description = "Folder of keys, store and chain", DefaultValueFactory = _ => "data" };
        var host = new Option<string>("--host") { Description = "Address to listen on", DefaultValueFactory = _ => "127.0.0.1" };
        var port = Number("--port", "Port of the node's API", 5050);
        var gatewayPort = Number("--gateway-port", "Port of the payer gateway", 5052);
        var opsPort = Number("--ops-port", "Port of health and metrics", 8008);
        var siloPort = Number("--silo-port", "Loopback port of the silo; 0 takes any free one", 0);
        var publicUrl = new Option<string?>("--public-url") { Description = "What clients are told to connect to; needed with a wildcard host" };
        var postgres = new Option<string?>("--postgres") { Description = "Connection string of a PostgreSQL database to use instead of SQLite" };
        var drainDelay = Number("--drain-delay", "Seconds that calls are still taken after readiness went off", 0.0);
        var command = new Command("dev", "Runs a whole one-operator network: node, payer gateway, store and chain, in one process")
        {
            data, host, port, gatewayPort, opsPort, siloPort, publicUrl, postgres, drainDelay,
        };
        command.SetAction((result, _) => DevRun.RunAsync(new DevOptions
        {
            DataFolder = result.GetRequiredValue(data),
            Host = result.GetRequiredValue(host),
            Port = result.GetValue(port),
            GatewayPort = result.GetValue(gatewayPort),
            OpsPort = result.GetValue(opsPort),
            SiloPort = result.GetValue(siloPort),
            PublicUrl = result.GetValue(publicUrl),
            PostgresConnection = result.GetValue(postgres),
            DrainDelay = TimeSpan.FromSeconds(result.GetValue(drainDelay)),
        }));
        return command;
    }

    private static Command CommandOf(string name, string summary, Func<RoleSettings, Task<int>> runAsync)
    {
        var command = new Command(name, summary);
        var settings = SettingsOptions(command);
        command.SetAction((result, _) => runAsync(settings(result)));
        return command;
    }

    // Every setting can be an option; those that differ between processes of one machine have names of their own.
    private static Func<ParseResult, RoleSettings> SettingsOptions(Command command)
    {
        var file = new Option<string?>("--config") { Description = "JSON file of settings" };
        var set = new Option<string[]>("--set") { Description = "A setting, as Section:Name=value; may be given again", AllowMultipleArgumentsPerToken = true };
        (Option<string?> Option, string Setting)[] named =
        [
            (new Option<string?>("--host") { Description = "Address to listen on" }, "Listen:Host"),
            (new Option<string?>("--port") { Description = "Port of the RPC" }, "Listen:Port"),
            (new Option<string?>("--ops-host") { Description = "Address of health and metrics" }, "Ops:Host"),
            (new Option<string?>("--ops-port") { Description = "Port of health and metrics" }, "Ops:Port"),
        ];
        command.Add(file);
        command.Add(set);
        foreach (var (option, _) in named) command.Add(option);
        set.Validators.Add(static result =>
        {
            foreach (var token in result.Tokens.Where(static token => token.Value.IndexOf('=', StringComparison.Ordinal) <= 0))
            {
                result.AddError($"--set {token.Value}: give Section:Name=value");
            }
        });
        return result =>
        {
            var given = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
            foreach (var text in result.GetValue(set) ?? [])
            {
                var parts = text.Split('=', 2);
                given[parts[0]] = parts[1];
            }

            foreach (var (option, setting) in named)
            {
                if (result.GetValue(option) is { } value) given[setting] = value;
            }

            return RoleSettings.Load(result.GetValue(file), given, OfProcess());
        };
    }

    private static Dictionary<string, string> OfProcess() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(
        static variable => (string)variable.Key, static variable => variable.Value as string ?? "");
}
