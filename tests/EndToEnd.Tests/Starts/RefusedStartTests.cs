using System.Net;
using System.Net.Sockets;
using XmtpOrleans.EndToEnd.Tests.Processes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Starts;

/// <summary>What stands in the way of a start is said in one line, and the exit code is 2.</summary>
public sealed class RefusedStartTests
{
    private static readonly string[] Unprivileged = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

    [Theory]
    [InlineData("--port")]
    [InlineData("--gateway-port")]
    [InlineData("--ops-port")]
    public async Task Start_PortInUse_SaysWhichAndHowToChangeIt(string option)
    {
        using var folder = new TestFolder();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        await using var silo = new SiloProcess(folder.Path).With(option, $"{port}");

        await RefusesAsync(silo, $"{option} {port}: the port is in use", $"another with {option}");
    }

    [Theory]
    [InlineData("node.key")]
    [InlineData("payer.key")]
    public async Task Start_KeyFileHoldsNoKey_NamesTheFile(string name)
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File(name), "zzzz", TestContext.Current.CancellationToken);
        await using var silo = new SiloProcess(folder.Path);

        await RefusesAsync(silo, folder.File(name), "64 hex digits");
    }

    [Fact]
    public async Task Start_FolderThatMayNotBeRead_NamesIt()
    {
        using var folder = new TestFolder();
        var inside = Directory.CreateDirectory(folder.File("closed")).FullName;
        var isPrivileged = Environment.IsPrivilegedProcess;
        File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        File.SetUnixFileMode(inside, isPrivileged ? UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute : UnixFileMode.None);
        await using var silo = new SiloProcess(inside, launcher: isPrivileged ? Unprivileged : []);

        await RefusesAsync(silo, inside, "--data");
    }

    [Fact]
    public async Task Start_DataFolderIsAFile_NamesIt()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("data"), "", TestContext.Current.CancellationToken);
        await using var silo = new SiloProcess(folder.File("data"));

        await RefusesAsync(silo, folder.File("data"), "--data");
    }

    [Fact]
    public async Task Start_FileIsUsedByAnotherProcess_IsRefused()
    {
        using var folder = new TestFolder();
        await using var first = new SiloProcess(folder.Path);
        await first.StartAsync();
        await using var second = new SiloProcess(folder.Path);

        await RefusesAsync(second, folder.File("node.db"), "in use by another process");
        Assert.True((await first.ReadinessAsync()).IsReady);
    }

    [Fact]
    public async Task Start_DatabaseIsUsedByAnotherProcess_IsRefused()
    {
        using var folder = new TestFolder();
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var first = new SiloProcess(folder.File("first"), database);
        await first.StartAsync();
        await using var second = new SiloProcess(folder.File("second"), database);

        await RefusesAsync(second, "The database is in use by another process");
        Assert.True((await first.ReadinessAsync()).IsReady);
    }

    [Theory]
    [InlineData("fsync")]
    [InlineData("full_page_writes")]
    public async Task Start_DatabaseMayLoseWhatItAcknowledged_NamesTheSetting(string setting)
    {
        using var folder = new TestFolder();
        using var server = await PostgresServer.StartOwnAsync($"{setting} = off");
        await using var silo = new SiloProcess(folder.Path, await server.CreateDatabaseAsync());

        await RefusesAsync(silo, $"set {setting} = on");
    }

    internal static async Task<string> RefusesAsync(SiloProcess silo, params string[] parts)
    {
        var exit = await silo.RunToExitAsync();
        var line = Assert.Single(exit.Errors);
        Assert.Equal(2, exit.Code);
        Assert.All(parts, part => Assert.Contains(part, line, StringComparison.Ordinal));
        return line;
    }
}
