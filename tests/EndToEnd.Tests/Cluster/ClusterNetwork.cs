using System.Diagnostics;

namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>A network namespace for each silo, on one bridge with the machine, so that packets between any two of them can be lost without a word. The database
/// has an address of its own on that bridge. It goes with the test process, however that ends.</summary>
internal sealed class ClusterNetwork : IDisposable
{
    // Does every line of its standard input and answers with what went wrong. When that ends, takes everything away.
    private const string Guard = """
        while read -r line; do
          if wrong=$(eval "$line" 2>&1); then echo; else echo "$line: $wrong" | tr '\n' ' '; echo; fi
        done
        eval "$1" 2> /dev/null
        """;

    private static int _made;

    // Another one each time: the system takes the links of a network away some time after its namespaces are gone.
    private readonly string _name = $"xt{Environment.ProcessId % 100_000}{(char)('a' + (Interlocked.Increment(ref _made) % 26))}";
    private readonly int _subnet = Random.Shared.Next(1, 250);
    private readonly int _silos;
    private readonly Process _guard;

    private ClusterNetwork(int silos)
    {
        _silos = silos;
        var cleanUp = string.Join("; ", Enumerable.Range(0, silos).Select(silo => $"ip link del {CableOf(silo)}; ip netns del {SpaceOf(silo)}").Append($"ip link del {_name}"));
        _guard = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Guard, "guard", cleanUp])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
    }

    /// <summary>Where silos reach the database.</summary>
    public string DatabaseAddress => $"10.204.{_subnet}.1";

    private string Bridge => $"10.203.{_subnet}.1";

    private string Nowhere => $"10.203.{_subnet}.200";

    /// <summary>Makes it. Skips the test where that is not permitted, also in CI: no package can grant it.</summary>
    public static ClusterNetwork Create(int silos)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess) Assert.Skip("Only root of a Linux system may make network namespaces.");
        var network = new ClusterNetwork(silos);
        try
        {
            network.Build();
            return network;
        }
        catch (InvalidOperationException failure)
        {
            network.Dispose();
            Assert.Skip($"Network namespaces cannot be made: {failure.Message}");
            throw;
        }
    }

    /// <summary>Address of a silo, for the others and for this machine.</summary>
    public string AddressOf(int silo) => $"10.203.{_subnet}.{silo + 10}";

    /// <summary>The command that starts another one in a silo's namespace.</summary>
    public string[] LauncherOf(int silo) => ["nsenter", $"--net=/var/run/netns/{SpaceOf(silo)}", "--"];

    /// <summary>From now on everything that one silo sends to another is lost; the other way it arrives.</summary>
    public void Cut(int from, int to) => Lose(from, AddressOf(to));

    /// <summary>From now on everything that a silo sends to the database is lost.</summary>
    public void CutFromDatabase(int silo) => Lose(silo, DatabaseAddress);

    /// <summary>From now on everything from and to a silo is lost.</summary>
    public void CutFromEverything(int silo) => Run($"ip link set {CableOf(silo)} down");

    /// <summary>Nothing is lost any more.</summary>
    public void Heal()
    {
        for (var silo = 0; silo < _silos; silo++)
        {
            foreach (var address in Enumerable.Range(0, _silos).Select(AddressOf).Append(DatabaseAddress))
            {
                Run($"ip -n {SpaceOf(silo)} route del {address}/32 2> /dev/null || true");
            }

            Run($"ip link set {CableOf(silo)} up");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _guard.StandardInput.Close();
        _guard.WaitForExit();
        _guard.Dispose();
    }

    private string SpaceOf(int silo) => $"{_name}-{silo}";

    private string CableOf(int silo) => $"{_name}v{silo}"; // its end outside

    private void Build()
    {
        Run($"ip link add {_name} type bridge");
        Run($"ip addr add {Bridge}/24 dev {_name}");
        Run($"ip addr add {DatabaseAddress}/32 dev {_name}");
        Run($"ip link set {_name} up");
        for (var silo = 0; silo < _silos; silo++)
        {
            var space = SpaceOf(silo);
            Run($"ip netns add {space}");
            Run($"ip link add {CableOf(silo)} type veth peer name eth0 netns {space}");
            Run($"ip link set {CableOf(silo)} master {_name} up");
            Run($"ip -n {space} link set lo up");
            Run($"ip -n {space} addr add {AddressOf(silo)}/24 dev eth0");
            Run($"ip -n {space} link set eth0 up");
            Run($"ip -n {space} route add default via {Bridge}");
            Run($"ip -n {space} neigh replace {Nowhere} lladdr 02:00:00:00:00:99 dev eth0 nud permanent"); // nobody has it
        }
    }

    private void Lose(int silo, string address) => Run($"ip -n {SpaceOf(silo)} route replace {address}/32 via {Nowhere}");

    private void Run(string command)
    {
        _guard.StandardInput.WriteLine(command);
        _guard.StandardInput.Flush();
        var wrong = _guard.StandardOutput.ReadLine();
        if (wrong is null or { Length: > 0 }) throw new InvalidOperationException(wrong ?? "The guard has gone.");
    }
}
