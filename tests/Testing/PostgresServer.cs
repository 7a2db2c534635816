using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace XmtpOrleans.Testing;

/// <summary>A PostgreSQL server of the test process, made from the installed binaries, with a data folder of its own and durable settings.
/// It ends with the process, however that ends.</summary>
public sealed class PostgresServer : IDisposable
{
    private const string ReadyLine = "database system is ready to accept connections";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly Lazy<Task<PostgresServer>> Shared = new(() => StartAsync());

    // Starts the server for every line of its standard input. When that ends, as it does when the test process is gone, takes everything
    // away.
    private const string Guard = """
        server=
        while read -r line; do
          [ -z "$server" ] || wait $server
          "$1/postgres" -D "$2" < /dev/null & server=$!
        done
        [ -z "$server" ] || kill -INT $server 2> /dev/null
        wait
        rm -rf "$2"
        """;

    private readonly Process _guard;
    private readonly string _folder;
    private int _databases;

    private readonly Queue<string> _log = new(); // the last lines; its own lock, as for the next field
    private TaskCompletionSource _ready = new();

    private PostgresServer(Process guard, string folder, int port)
    {
        (_guard, _folder, Port) = (guard, folder, port);
        guard.ErrorDataReceived += (_, line) => Logged(line.Data);
        guard.BeginErrorReadLine();
    }

    /// <summary>Port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Process id of the server itself.</summary>
    public int ProcessId => int.Parse(File.ReadLines(Path.Combine(_folder, "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    /// <summary>The server that all tests of this process share. Ends the test when PostgreSQL is not installed.</summary>
    public static Task<PostgresServer> SharedAsync()
    {
        RequireInstalled();
        return Shared.Value;
    }

    /// <summary>A server of one's own, for tests that stop it or change it. Ends the test when PostgreSQL is not installed.</summary>
    /// <param name="settings">Lines for its configuration.</param>
    public static Task<PostgresServer> StartOwnAsync(params string[] settings)
    {
        RequireInstalled();
        return StartAsync(settings);
    }

    /// <summary>Creates an empty database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync(ConnectionString("postgres"), $"CREATE DATABASE {name}");
        return ConnectionString(name);
    }

    /// <summary>Creates an empty schema, which is much faster than a database, and returns a connection string whose search path it
    /// is.</summary>
    public async Task<string> CreateSchemaAsync()
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync(ConnectionString("postgres"), $"CREATE SCHEMA {name}");
        return ConnectionString("postgres") + ";Search Path=" + name;
    }

    /// <summary>Ends every process of the server at once, none gets a last word.</summary>
    public void Kill() => SignalAll("KILL");

    /// <summary>Starts the server again after <see cref="Kill"/>, on the same port and data.</summary>
    public Task RestartAsync() => RunServerAsync();

    /// <summary>Stops every process of the server where it is, connections open.</summary>
    public void Freeze() => SignalAll("STOP");

    /// <summary>Lets a frozen server go on.</summary>
    public void Thaw() => SignalAll("CONT");

    /// <inheritdoc/>
    public void Dispose()
    {
        _guard.StandardInput.Close();
        _guard.WaitForExit();
        _guard.Dispose();
    }

    private static string? FindBinaries() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql")
            .Where(folder => File.Exists(Path.Combine(folder, "bin", "initdb")))
            .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
            .Select(folder => Path.Combine(folder, "bin"))
            .FirstOrDefault()
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).FirstOrDefault(folder
            => File.Exists(Path.Combine(folder, "initdb")));

    private static void RequireInstalled()
    {
        if (FindBinaries() is null) Requirement.Missing("PostgreSQL is not installed: neither /usr/lib/postgresql/*/bin/initdb nor initdb in PATH.");
    }

    private static async Task<PostgresServer> StartAsync(params string[] settings)
    {
        var binaries = FindBinaries()!;
        var folder = Directory.CreateTempSubdirectory("xmtp-postgres-").FullName;
        var port = FreePorts.Take(1)[0];
        if (Environment.IsPrivilegedProcess) await RunAsync("chown", "postgres", folder); // the server refuses to run as root
        await RunAsync(Unprivileged(
            [Path.Combine(binaries, "initdb"), "-D", folder, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
                "--no-sync"]));
        await File.AppendAllLinesAsync(Path.Combine(folder, "postgresql.conf"),
        [
            "listen_addresses = '127.0.0.1'", $"port = {port}", "unix_socket_directories = ''", "max_connections = 200",
                "shared_buffers = 256MB",
            "fsync = on", "full_page_writes = on", "synchronous_commit = on", "max_wal_size = 4GB", "logging_collector = off", .. settings,
        ]);

        var server = new PostgresServer(Start(Unprivileged(["/bin/sh", "-c", Guard, "guard", binaries, folder]), redirect: true), folder,
            port);
        await server.RunServerAsync();
        return server;
    }

    private static string[] Unprivileged(string[] command) => Environment.IsPrivilegedProcess
        ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", .. command]
        : command;

    private static async Task RunAsync(params string[] command)
    {
        using var process = Start(command, redirect: true);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{command[0]} failed: {await errors}");
    }

    private static Process Start(string[] command, bool redirect)
    {
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = redirect,
            RedirectStandardOutput = redirect,
            RedirectStandardError = redirect,
            WorkingDirectory = "/",
        };
        foreach (var argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static int[] ChildrenOf(int process) =>
        File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ',
            StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToArray();


    private async Task RunServerAsync()
    {
        Task ready;
        lock (_log)
        {
            _log.Clear();
            _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            ready = _ready.Task;
        }

        await _guard.StandardInput.WriteLineAsync("start");
        await _guard.StandardInput.FlushAsync();
        try
        {
            await ready.WaitAsync(StartLimit);
        }
        catch (TimeoutException failure)
        {
            lock (_log) throw new TimeoutException("PostgreSQL did not start: " + string.Join('\n', _log), failure);
        }
    }

    private void Logged(string? line)
    {
        lock (_log)
        {
            if (line is null) return;
            _log.Enqueue(line);
            if (_log.Count > 30) _log.Dequeue();
            if (line.Contains(ReadyLine, StringComparison.Ordinal)) _ready.TrySetResult();
        }
    }

    // Children first: those of a killed server would end by themselves.
    private void SignalAll(string signal)
    {
        using var kill = Start(["kill", $"-{signal}", .. ChildrenOf(ProcessId).Append(ProcessId).Select(process => $"{process}")],
            redirect: true);
        kill.WaitForExit();
    }

    private string ConnectionString(string database) => $"Host=127.0.0.1;Port={Port};Username=postgres;Database={database}";
}
