using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using XmtpOrleans.Load.Workloads;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Load;

/// <summary>The command line of the load generator.</summary>
internal static class LoadCommands
{
    private const int CannotRun = 2;

    private static readonly Option<string[]> Nodes = new("--node")
    {
        Description = "Address of the node, on this machine; given again, connections go to all of them in turn", DefaultValueFactory = _ => ["127.0.0.1:5050"],
    };

    private static readonly Option<uint> NodeId = new("--node-id") { Description = "The node's originator id", DefaultValueFactory = _ => 100 };
    private static readonly Option<int> Connections = new("--connections") { Description = "Connections, one thread each", DefaultValueFactory = _ => 4 };
    private static readonly Option<int> InFlight = new("--in-flight") { Description = "Calls in flight over all connections", DefaultValueFactory = _ => 64 };
    private static readonly Option<int> Topics = new("--topics") { Description = "Groups the load is spread over", DefaultValueFactory = _ => 2_000 };
    private static readonly Option<double> WarmUp = new("--warm-up") { Description = "Seconds before counting", DefaultValueFactory = _ => 10 };
    private static readonly Option<double> Duration = new("--duration") { Description = "Seconds that count, each run", DefaultValueFactory = _ => 60 };
    private static readonly Option<int> Runs = new("--runs") { Description = "Repetitions; quote the median", DefaultValueFactory = _ => 3 };
    private static readonly Option<int[]> ServerPids = new("--server-pid") { Description = "Processes whose processor time is reported too" };
    private static readonly Option<int> DatabasePid = new("--database-pid") { Description = "First process of the database server, whose processor time is reported apart" };
    private static readonly Option<string> Output = new("--out") { Description = "Folder for JSON and HTML", DefaultValueFactory = _ => string.Empty };
    private static readonly Option<int> Batch = new("--batch") { Description = "Envelopes in a request", DefaultValueFactory = _ => 10 };
    private static readonly Option<int> Size = new("--size") { Description = "Bytes of MLS message in an envelope", DefaultValueFactory = _ => 256 };
    private static readonly Option<double> Rate = new("--rate") { Description = "Calls started each second whatever the answers do; 0 is a closed loop" };
    private static readonly Option<double> Expected = new("--expect") { Description = "Envelopes each second to sign beforehand in a closed loop", DefaultValueFactory = _ => 30_000 };
    private static readonly Option<bool> OfClients = new("--clients") { Description = "The node's address is a payer gateway's, which is given client envelopes to sign" };
    private static readonly Option<uint> Limit = new("--limit") { Description = "Limit of a query", DefaultValueFactory = _ => 5 };
    private static readonly Option<double> Zipf = new("--zipf") { Description = "Exponent of the topics' popularity; 0 asks for all alike", DefaultValueFactory = _ => 1.0 };
    private static readonly Option<bool> Skewed = new("--skewed") { Description = "The store was filled with --skewed; give a few thousand --topics, the busiest" };
    private static readonly Option<bool> FromStart = new("--from-start") { Description = "Query each topic from its beginning, which only the store has" };
    private static readonly Option<int> Streams = new("--streams") { Description = "Streams to hold open", DefaultValueFactory = _ => 1_000 };
    private static readonly Option<int> PerConnection = new("--per-connection") { Description = "Streams on a connection", DefaultValueFactory = _ => 250 };
    private static readonly Option<string?> Config = new("--config") { Description = "Settings of a front of the cluster, as `front` takes them; its environment counts too" };
    private static readonly Option<string[]> Set = new("--set") { Description = "A setting of a front, as Section:Name=value; may be given again", AllowMultipleArgumentsPerToken = true };
    private static readonly Argument<string[]> GrainParts = new("part") { Description = "append, hot, cold or activate; all without", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Argument<string> ReadName = new("read") { Description = "query, log, newest, inbox-ids or marks" };

    /// <summary>Runs what the arguments ask for and returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        AddRules();
        var root = new RootCommand("Drives a running node on this machine and reports what it does.")
        {
            Command("publish", "PublishPayerEnvelopes, closed loop or at a rate", [Batch, Size, Rate, Expected, OfClients], PublishLoad.RunAsync, result =>
                new PublishLoad(result.GetValue(Batch), result.GetValue(Size), result.GetValue(Rate), result.GetValue(Expected), result.GetValue(OfClients))),
            Command("read", "A unary read of warm topics", [ReadName, Limit, Zipf, Rate, Skewed, FromStart], ReadLoad.RunAsync, result =>
                new ReadLoad(result.GetValue(ReadName)!, result.GetValue(Limit), result.GetValue(Zipf), result.GetValue(Rate), result.GetValue(Skewed),
                    result.GetValue(FromStart))),
            Command("stream", "Publishes at a rate and measures how messages reach streams", [Streams, PerConnection, Rate, Size], StreamLoad.RunAsync, result =>
                new StreamLoad(result.GetValue(Streams), result.GetValue(PerConnection), result.GetValue(Rate), result.GetValue(Size))),
            Command("idle", "Holds silent streams open and reports the server's memory", [Streams, PerConnection], IdleLoad.RunAsync, result =>
                new IdleLoad(result.GetValue(Streams), result.GetValue(PerConnection), result.GetValue(ServerPids) ?? [])),
            GrainsCommand(),
            FillCommand.Create(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors) await Console.Error.WriteLineAsync(error.Message);
            return CannotRun;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception failure) when (failure is LoadException or IOException or SocketException or TimeoutException)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return CannotRun;
        }
    }

    private static Command GrainsCommand()
    {
        var command = Command(
            "grains",
            "The grains of a running cluster, called as a client of its silos, beside the same work over RPC: append (the sequencer), hot (one topic), cold (all --topics in turn), "
                + "activate (a new topic each call)",
            [GrainParts, Config, Set, Batch, Size, Expected],
            GrainLoad.RunAsync,
            result => new GrainLoad(
                result.GetValue(GrainParts) ?? [],
                result.GetValue(Config),
                (result.GetValue(Set) ?? []).Select(static text => text.Split('=', 2)).ToDictionary(static parts => parts[0], static parts => (string?)parts[1]),
                new PublishLoad(result.GetValue(Batch), result.GetValue(Size), Rate: 0, result.GetValue(Expected), OfClients: false)));
        command.Aliases.Add("--grains");
        return command;
    }

    private static void AddRules()
    {
        Nodes.Validators.Add(static result =>
        {
            if (!(result.GetValueOrDefault<string[]>() ?? []).All(static text => IPEndPoint.TryParse(text, out var node) && IPAddress.IsLoopback(node.Address)))
            {
                result.AddError("--node: give a loopback address and port, such as 127.0.0.1:5050; load goes to no other machine");
            }
        });
        foreach (var option in (Option<int>[])[Connections, InFlight, Topics, Runs, Batch, Streams, PerConnection])
        {
            option.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() < 1) result.AddError($"{option.Name}: give at least 1");
            });
        }

        Duration.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<double>() < 1) result.AddError("--duration: give at least a second");
        });
        Size.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() < GroupMessages.MinLength + 17) result.AddError($"--size: give at least {GroupMessages.MinLength + 17}");
        });
        Set.Validators.Add(static result =>
        {
            foreach (var token in result.Tokens.Where(static token => !token.Value.Contains('=', StringComparison.Ordinal)))
            {
                result.AddError($"--set {token.Value}: give Section:Name=value");
            }
        });
        GrainParts.Validators.Add(static result =>
        {
            foreach (var token in result.Tokens.Where(static token => !GrainLoad.AllParts.Contains(token.Value)))
            {
                result.AddError($"{token.Value}: not a part; one of {string.Join(", ", GrainLoad.AllParts)}");
            }
        });
    }

    private static Command Command<TLoad>(
        string name, string description, Symbol[] own, Func<LoadTarget, TLoad, string, Task<int>> run, Func<ParseResult, TLoad> read)
    {
        var command = new Command(name, description);
        foreach (var symbol in own)
        {
            if (symbol is Argument argument) command.Add(argument);
            else command.Add((Option)symbol);
        }

        Option[] common = [Nodes, NodeId, Connections, InFlight, Topics, WarmUp, Duration, Runs, ServerPids, DatabasePid, Output];
        Array.ForEach(common, command.Add);
        command.SetAction((result, _) => run(TargetOf(result), read(result), $"{name} {string.Join(' ', result.Tokens.Skip(1).Select(token => token.Value))}"));
        return command;
    }

    private static LoadTarget TargetOf(ParseResult result) => new()
    {
        Nodes = [.. result.GetRequiredValue(Nodes).Select(IPEndPoint.Parse)],
        NodeId = new OriginatorId(result.GetValue(NodeId)),
        Connections = result.GetValue(Connections),
        InFlight = result.GetValue(InFlight),
        Topics = result.GetValue(Topics),
        WarmUp = TimeSpan.FromSeconds(result.GetValue(WarmUp)),
        Duration = TimeSpan.FromSeconds(result.GetValue(Duration)),
        Runs = result.GetValue(Runs),
        Processors = new ProcessorTime(result.GetValue(ServerPids) ?? [], result.GetValue(DatabasePid)),
        Output = result.GetRequiredValue(Output),
    };
}
