using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace XmtpOrleans.Testing;

/// <summary>A PostgreSQL server of the test process, made from the installed binaries, with a data folder of its own and durable settings. It ends
/// with the process, however that ends.</summary>
public sealed class PostgresServer : IDisposable
{
    private const string ReadyLine = "database system is ready to accept connections";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly Lazy<Task<PostgresServer>> Shared = new(() => StartAsync());

    // Waits for the end of its standard input, which comes when the test process is gone, and takes everything away.
    private const string Guard = """
        "$1/postgres" -D "$2" & server=$!
        cat > /dev/null
        kill -INT $server 2> /dev/null; wait $server; rm -rf "$2"
        """;

    private readonly Process _guard;
    private readonly string _folder;
    private int _databases;

    private PostgresServer(Process guard, string folder, int port) => (_guard, _folder, Port) = (guard, folder, port);

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

    /// <summary>Creates an empty schema, which is much faster than a database, and returns a connection string whose search path it is.</summary>
    public async Task<string> CreateSchemaAsync()
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync(ConnectionString("postgres"), $"CREATE SCHEMA {name}");
        return ConnectionString("postgres") + ";Search Path=" + name;
    }

    /// <summary>Ends the server as a power cut would: no process of it gets a last word.</summary>
    public void Kill()
    {
        foreach (var child in ChildrenOf(ProcessId).Prepend(ProcessId))
        {
            Signal(child, "KILL");
        }

        _guard.StandardInput.Close();
        _guard.WaitForExit();
    }

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
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")));

    private static void RequireInstalled()
    {
        if (FindBinaries() is null) Requirement.Missing("PostgreSQL is not installed: neither /usr/lib/postgresql/*/bin/initdb nor initdb in PATH.");
    }

    private static async Task<PostgresServer> StartAsync(params string[] settings)
    {
        var binaries = FindBinaries()!;
        var folder = Directory.CreateTempSubdirectory("xmtp-postgres-").FullName;
        var port = FreePort();
        if (Environment.IsPrivilegedProcess) await RunAsync("chown", "postgres", folder); // the server refuses to run as root
        await RunAsync(Unprivileged(
            [Path.Combine(binaries, "initdb"), "-D", folder, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]));
        await File.AppendAllLinesAsync(Path.Combine(folder, "postgresql.conf"),
        [
            "listen_addresses = '127.0.0.1'", $"port = {port}", "unix_socket_directories = ''", "max_connections = 200", "shared_buffers = 256MB",
            "fsync = on", "full_page_writes = on", "synchronous_commit = on", "max_wal_size = 4GB", "logging_collector = off", .. settings,
        ]);

        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var log = new Queue<string>();
        var guard = Start(Unprivileged(["/bin/sh", "-c", Guard, "guard", binaries, folder]), redirect: true);
        guard.ErrorDataReceived += (_, line) =>
        {
            lock (log)
            {
                if (line.Data is null) ready.TrySetException(new InvalidOperationException("PostgreSQL did not start: " + string.Join('\n', log)));
                else log.Enqueue(line.Data);
                if (log.Count > 30) log.Dequeue();
            }

            if (line.Data?.Contains(ReadyLine, StringComparison.Ordinal) == true) ready.TrySetResult();
        };
        guard.BeginErrorReadLine();
        await ready.Task.WaitAsync(StartLimit);
        return new PostgresServer(guard, folder, port);
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

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static int[] ChildrenOf(int process) =>
        File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToArray();

    private static void Signal(int process, string signal)
    {
        using var kill = Start(["kill", $"-{signal}", $"{process}"], redirect: false);
        kill.WaitForExit();
    }

    private void SignalAll(string signal)
    {
        foreach (var process in ChildrenOf(ProcessId).Prepend(ProcessId))
        {
            Signal(process, signal);
        }
    }

    private string ConnectionString(string database) => $"Host=127.0.0.1;Port={Port};Username=postgres;Database={database}";
}
