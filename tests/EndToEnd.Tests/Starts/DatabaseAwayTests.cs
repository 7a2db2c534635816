using XmtpOrleans.EndToEnd.Tests.Processes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Starts;

/// <summary>A database that is away at a start is waited for; what waiting does not mend is refused at once.</summary>
public sealed class DatabaseAwayTests
{
    private const string Wait = "Start__DatabaseWait";

    [Fact]
    public async Task Start_DatabaseIsAwayAtFirst_WaitsAndServes()
    {
        using var folder = new TestFolder();
        using var server = await PostgresServer.StartOwnAsync();
        var database = await server.CreateDatabaseAsync();
        server.Kill();
        await using var silo = new SiloProcess(folder.Path, database).WithEnvironment(Wait, "00:05:00");

        await silo.StartUntilLiveAsync();
        var (isReady, text) = await silo.ReadinessAsync();
        Assert.False(isReady);
        Assert.Contains("node: starting", text, StringComparison.Ordinal);

        await server.RestartAsync();
        await silo.WaitForReadinessAsync(isReady: true);
        Assert.Contains("waiting for the database, 0 s of 300 s: PostgreSQL cannot be reached", silo.Output, StringComparison.Ordinal);
        Assert.Contains("the database is there after", silo.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_DatabaseStaysAway_SaysWhatToDo()
    {
        using var folder = new TestFolder();
        await using var silo = new SiloProcess(folder.Path, NoServer()).WithEnvironment(Wait, "00:00:01");

        var line = await RefusedStartTests.RefusesAsync(silo, "PostgreSQL cannot be reached", "start it");
        Assert.DoesNotContain("secret", line, StringComparison.Ordinal);
        Assert.Contains("waiting for the database", silo.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_ToldToStopWhileItWaits_Ends()
    {
        using var folder = new TestFolder();
        await using var silo = new SiloProcess(folder.Path, NoServer()).WithEnvironment(Wait, "00:05:00");
        await silo.StartUntilLiveAsync();

        var exit = await silo.TerminateAsync();

        Assert.Equal(0, exit.Code);
        Assert.Empty(exit.Errors);
    }

    [Theory]
    [InlineData("Database=nowhere", "database \"nowhere\" does not exist")]
    [InlineData("Username=locked;Password=wrong", "password authentication failed")]
    public async Task Start_WaitingDoesNotHelp_IsRefusedAtOnce(string setting, string reason)
    {
        using var folder = new TestFolder();
        var access = folder.File("access");
        await File.WriteAllLinesAsync(
            access, ["host all locked 127.0.0.1/32 scram-sha-256", "host all all 127.0.0.1/32 trust"], TestContext.Current.CancellationToken);
        LetEverybodyRead(folder.Path, access);
        using var server = await PostgresServer.StartOwnAsync($"hba_file = '{access}'");
        var database = await server.CreateDatabaseAsync();
        await using var silo = new SiloProcess(folder.File("data"), $"{database};{setting}").WithEnvironment(Wait, "00:05:00");

        var line = await RefusedStartTests.RefusesAsync(silo, reason);
        Assert.DoesNotContain("wrong", line, StringComparison.Ordinal);
        Assert.DoesNotContain("waiting", silo.Output, StringComparison.Ordinal);
    }

    private static string NoServer() => $"Host=127.0.0.1;Port={FreePorts.Take(1)[0]};Username=postgres;Password=secret;Database=postgres";

    private static void LetEverybodyRead(string folder, string file)
    {
        const UnixFileMode Read = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        File.SetUnixFileMode(file, Read);
        File.SetUnixFileMode(folder, Read | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }
}
