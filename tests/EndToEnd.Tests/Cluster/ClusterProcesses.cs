using System.Globalization;
using System.Text.Json;
using XmtpOrleans.EndToEnd.Tests.Processes;
using XmtpOrleans.Load.Workloads;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>A cluster as an operator runs it: silos, fronts alone and payer gateways, each a process of its own, on one PostgreSQL database. What the
/// processes write is kept under <c>artifacts/cluster</c>, by test.</summary>
internal sealed class ClusterProcesses : IAsyncDisposable
{
    private const string Loopback = "127.0.0.1";
    private const string NodeKey = "1111111111111111111111111111111111111111111111111111111111111111";
    private const string PayerKey = "2222222222222222222222222222222222222222222222222222222222222222";

    private readonly TestFolder _folder;
    private readonly FrontBalancer _balancer;

    private ClusterProcesses(TestFolder folder, string database, FrontBalancer balancer, IReadOnlyList<ClusterProcess> processes)
    {
        (_folder, Database, _balancer, All) = (folder, database, balancer, processes);
        Silos = [.. processes.Where(static process => process.Role == "node")];
        Fronts = [.. processes.Where(static process => process.Role == "front")];
        Gateways = [.. processes.Where(static process => process.Role == "gateway")];
    }

    /// <summary>The node that all of them are.</summary>
    public static OriginatorId NodeId { get; } = new(100);

    /// <summary>Address of the key that signs the node's envelopes.</summary>
    public static EthereumAddress NodeAddress { get; } = AddressOf(NodeKey);

    /// <summary>Address of the account that all payer gateways pay from.</summary>
    public static EthereumAddress PayerAddress { get; } = AddressOf(PayerKey);

    /// <summary>Messages to publish: of the payer of all gateways, to the node, each number another one.</summary>
    public static GroupMessages Messages(int groups) =>
        new(Secp256k1PrivateKey.TryParse(PayerKey, out var key) ? key : throw new InvalidDataException("not a key"), NodeId, groups, messageLength: 256, run: 1);

    /// <summary>The files that hold a cluster's secrets, by the names that deploy/k8s gives them.</summary>
    public static IReadOnlyDictionary<string, string> Secrets(string database) => new Dictionary<string, string>
    {
        ["node.key"] = NodeKey,
        ["payer.key"] = PayerKey,
        ["database.connection-string"] = database,
    };

    /// <summary>Connection string of the database.</summary>
    public string Database { get; }

    /// <summary>Every process, silos first.</summary>
    public IReadOnlyList<ClusterProcess> All { get; }

    /// <summary><c>silo-0</c>, <c>silo-1</c>, …; each has a front, too.</summary>
    public IReadOnlyList<ClusterProcess> Silos { get; }

    /// <summary><c>front-0</c>, …</summary>
    public IReadOnlyList<ClusterProcess> Fronts { get; }

    /// <summary><c>gateway-0</c>, …</summary>
    public IReadOnlyList<ClusterProcess> Gateways { get; }

    /// <summary>The node's one address, behind which all fronts that are ready stand: those alone, or the silos' when there are none.</summary>
    public Uri Node => _balancer.Address;

    /// <summary>A process by its name.</summary>
    public ClusterProcess this[string name] => All.Single(process => process.Name == name);

    /// <summary>Starts a cluster and waits until every process is ready. Ends the test when PostgreSQL is not installed.</summary>
    /// <param name="silos">How many silos.</param>
    /// <param name="fronts">How many fronts alone.</param>
    /// <param name="gateways">How many payer gateways.</param>
    /// <param name="settings">Settings of all processes beside those that make them a cluster, by <c>Section:Name</c>.</param>
    /// <param name="database">Connection string of an empty database; a new one of the shared server without.</param>
    /// <param name="network">Where the silos are; the loopback address of this machine without.</param>
    public static async Task<ClusterProcesses> StartAsync(
        int silos, int fronts, int gateways, IReadOnlyDictionary<string, string>? settings = null, string? database = null,
        ClusterNetwork? network = null)
    {
        var cluster = await CreateAsync(silos, fronts, gateways, settings, database, network);
        try
        {
            await cluster.StartAllAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>As <see cref="StartAsync"/>, but nothing runs yet.</summary>
    public static async Task<ClusterProcesses> CreateAsync(
        int silos, int fronts, int gateways, IReadOnlyDictionary<string, string>? settings = null, string? database = null,
        ClusterNetwork? network = null)
    {
        database ??= await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var ports = new Queue<int>(FreePorts.Take((silos * 4) + (fronts * 2) + (gateways * 2) + 1));
        var balancerPort = ports.Dequeue();
        var folder = new TestFolder();
        var config = Configure(folder, database, balancerPort, settings ?? new Dictionary<string, string>());
        var logs = LogFolder();

        var processes = new List<ClusterProcess>();
        for (var at = 0; at < silos; at++)
        {
            var (silo, client) = (ports.Dequeue(), ports.Dequeue());
            var host = network?.AddressOf(at) ?? Loopback;
            processes.Add(Process(
                $"silo-{at}", "node", host, network?.LauncherOf(at), silo, client,
                $"Listen:Host={host}", $"Ops:Host={host}", $"Cluster:SiloName=silo-{at}", $"Cluster:AdvertisedAddress={host}", $"Cluster:SiloPort={silo}", $"Cluster:ClientPort={client}"));
        }

        for (var at = 0; at < fronts; at++) processes.Add(Process($"front-{at}", "front", Loopback));
        for (var at = 0; at < gateways; at++) processes.Add(Process($"gateway-{at}", "gateway", Loopback));
        var behind = processes.Where(process => process.Role == (fronts > 0 ? "front" : "node"));
        return new ClusterProcesses(folder, database, new FrontBalancer(balancerPort, [.. behind.Select(static process => (process.Rpc, process.Ops))]), processes);

        ClusterProcess Process(
            string name, string role, string host, string[]? launcher = null, int siloPort = 0, int clientPort = 0, params string[] own)
        {
            var (rpc, ops) = (ports.Dequeue(), ports.Dequeue());
            return new ClusterProcess(
                name, role, UrlOf(rpc, host), UrlOf(ops, host),
                [role, "--config", config, "--port", $"{rpc}", "--ops-port", $"{ops}", .. own.SelectMany(static setting => new[] { "--set", setting })], launcher)
            {
                SiloPort = siloPort,
                ClientPort = clientPort,
                LogPath = Path.Combine(logs, $"{name}.log"),
            };
        }
    }

    /// <summary>An empty folder for what the running test's processes write.</summary>
    public static string LogFolder()
    {
        var test = TestContext.Current.Test?.TestDisplayName ?? "none";
        var name = string.Concat(test.Split('.').TakeLast(2).SelectMany(static part => part.Append('.'))).TrimEnd('.');
        var folder = Repository.PathOf(string.Create(CultureInfo.InvariantCulture, $"artifacts/cluster/{string.Concat(name.Split(Path.GetInvalidFileNameChars()))}"));
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        return folder;
    }

    /// <summary>Starts every process that does not run, all at once, and waits until they are ready.</summary>
    public Task StartAllAsync() => Task.WhenAll(All.Where(static process => !process.IsRunning).Select(static process => process.StartAsync()));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(All.Select(static process => process.DisposeAsync().AsTask()));
        await _balancer.DisposeAsync();
        _folder.Dispose();
    }

    // One file for all of them: a role takes from it what it needs.
    private static string Configure(TestFolder folder, string database, int balancerPort, IReadOnlyDictionary<string, string> settings)
    {
        foreach (var (name, text) in Secrets(database)) File.WriteAllText(folder.File(name), text);
        var all = new Dictionary<string, string>
        {
            ["Node:Id"] = NodeId.ToString(),
            ["Signer:KeyFile"] = folder.File("node.key"),
            ["Payer:KeyFile"] = folder.File("payer.key"),
            ["Postgres:ConnectionStringFile"] = folder.File("database.connection-string"),
            ["Postgres:ReaderConnections"] = "6", // of 200 that the server has, for all processes together
            ["Postgres:WriterConnections"] = "4",
            ["Postgres:ConnectTimeoutSeconds"] = "3", // the processes share two cores
            ["Network:Nodes:0:Id"] = NodeId.ToString(),
            ["Network:Nodes:0:Url"] = UrlOf(balancerPort).OriginalString,
            ["Network:Nodes:0:SigningAddress"] = NodeAddress.ToString(),
            ["Drain:Delay"] = "00:00:00.500",
            ["Rpc:DrainTime"] = "00:00:00.500",
        };
        foreach (var (key, value) in settings) all[key] = value;
        var path = folder.File("cluster.json");
        File.WriteAllText(path, JsonSerializer.Serialize(all)); // keys with colons are as good as objects in each other
        return path;
    }

    private static Uri UrlOf(int port, string host = Loopback) => new($"http://{host}:{port}");

    private static EthereumAddress AddressOf(string key) =>
        Secp256k1PrivateKey.TryParse(key, out var parsed) ? parsed.Address : throw new InvalidDataException("not a key");
}
