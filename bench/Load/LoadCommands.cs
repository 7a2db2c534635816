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

    private static readonly Option<string> Node = new("--node") { Description = "Address of the node, on this machine", DefaultValueFactory = _ => "127.0.0.1:5050" };
    private static readonly Option<uint> NodeId = new("--node-id") { Description = "The node's originator id", DefaultValueFactory = _ => 100 };
    private static readonly Option<int> Connections = new("--connections") { Description = "Connections, one thread each", DefaultValueFactory = _ => 4 };
    private static readonly Option<int> InFlight = new("--in-flight") { Description = "Calls in flight over all connections", DefaultValueFactory = _ => 64 };
    private static readonly Option<int> Topics = new("--topics") { Description = "Groups the load is spread over", DefaultValueFactory = _ => 2_000 };
    private static readonly Option<double> WarmUp = new("--warm-up") { Description = "Seconds before counting", DefaultValueFactory = _ => 10 };
    private static readonly Option<double> Duration = new("--duration") { Description = "Seconds that count, each run", DefaultValueFactory = _ => 60 };
    private static readonly Option<int> Runs = new("--runs") { Description = "Repetitions; quote the median", DefaultValueFactory = _ => 3 };
    private static readonly Option<int[]> ServerPids = new("--server-pid") { Description = "Processes whose processor time is reported too" };
    private static readonly Option<string> Output = new("--out") { Description = "Folder for JSON and HTML", DefaultValueFactory = _ => string.Empty };
    private static readonly Option<int> Batch = new("--batch") { Description = "Envelopes in a request", DefaultValueFactory = _ => 10 };
    private static readonly Option<int> Size = new("--size") { Description = "Bytes of MLS message in an envelope", DefaultValueFactory = _ => 256 };
    private static readonly Option<double> Rate = new("--rate") { Description = "Calls started each second whatever the answers do; 0 is a closed loop" };
    private static readonly Option<double> Expected = new("--expect") { Description = "Envelopes each second to sign beforehand in a closed loop", DefaultValueFactory = _ => 30_000 };
    private static readonly Option<uint> Limit = new("--limit") { Description = "Limit of a query", DefaultValueFactory = _ => 5 };
    private static readonly Option<double> Zipf = new("--zipf") { Description = "Exponent of the topics' popularity; 0 asks for all alike", DefaultValueFactory = _ => 1.0 };
    private static readonly Option<bool> Skewed = new("--skewed") { Description = "The store was filled with --skewed; give a few thousand --topics, the busiest" };
    private static readonly Option<bool> FromStart = new("--from-start") { Description = "Query each topic from its beginning, which only the store has" };
    private static readonly Option<int> Streams = new("--streams") { Description = "Streams to hold open", DefaultValueFactory = _ => 1_000 };
    private static readonly Option<int> PerConnection = new("--per-connection") { Description = "Streams on a connection", DefaultValueFactory = _ => 250 };
    private static readonly Argument<string> ReadName = new("read") { Description = "query, log, newest, inbox-ids or marks" };

    /// <summary>Runs what the arguments ask for and returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        Node.Validators.Add(result =>
        {
            if (!IPEndPoint.TryParse(result.GetValueOrDefault<string>() ?? string.Empty, out var node) || !IPAddress.IsLoopback(node.Address))
            {
                result.AddError("--node: give a loopback address and port, such as 127.0.0.1:5050; load goes to no other machine");
            }
        });
        var root = new RootCommand("Drives a running node on this machine and reports what it does.")
        {
            Command("publish", "PublishPayerEnvelopes, closed loop or at a rate", [Batch, Size, Rate, Expected], PublishLoad.RunAsync, result =>
                new PublishLoad(result.GetValue(Batch), result.GetValue(Size), result.GetValue(Rate), result.GetValue(Expected))),
            Command("read", "A unary read of warm topics", [ReadName, Limit, Zipf, Rate, Skewed, FromStart], ReadLoad.RunAsync, result =>
                new ReadLoad(result.GetValue(ReadName)!, result.GetValue(Limit), result.GetValue(Zipf), result.GetValue(Rate), result.GetValue(Skewed),
                    result.GetValue(FromStart))),
            Command("stream", "Publishes at a rate and measures how messages reach streams", [Streams, PerConnection, Rate, Size], StreamLoad.RunAsync, result =>
                new StreamLoad(result.GetValue(Streams), result.GetValue(PerConnection), result.GetValue(Rate), result.GetValue(Size))),
            Command("idle", "Holds silent streams open and reports the server's memory", [Streams, PerConnection], IdleLoad.RunAsync, result =>
                new IdleLoad(result.GetValue(Streams), result.GetValue(PerConnection), result.GetValue(ServerPids) ?? [])),
            FillCommand.Create(),
        };
        try
        {
            return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception failure) when (failure is LoadException or IOException or SocketException or TimeoutException)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return CannotRun;
        }
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

        Option[] common = [Node, NodeId, Connections, InFlight, Topics, WarmUp, Duration, Runs, ServerPids, Output];
        Array.ForEach(common, command.Add);
        command.SetAction((result, _) => run(TargetOf(result), read(result), $"{name} {string.Join(' ', result.Tokens.Skip(1).Select(token => token.Value))}"));
        return command;
    }

    private static LoadTarget TargetOf(ParseResult result) => new()
    {
        Node = IPEndPoint.Parse(result.GetRequiredValue(Node)),
        NodeId = new OriginatorId(result.GetValue(NodeId)),
        Connections = result.GetValue(Connections),
        InFlight = result.GetValue(InFlight),
        Topics = result.GetValue(Topics),
        WarmUp = TimeSpan.FromSeconds(result.GetValue(WarmUp)),
        Duration = TimeSpan.FromSeconds(result.GetValue(Duration)),
        Runs = result.GetValue(Runs),
        Processors = new ProcessorTime(result.GetValue(ServerPids) ?? []),
        Output = result.GetRequiredValue(Output),
    };
}
