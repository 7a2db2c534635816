using Npgsql;
using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.EndToEnd.Tests.Crashes;
using XmtpOrleans.EndToEnd.Tests.Processes;
using XmtpOrleans.Load.Workloads;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Starts;

/// <summary>A damaged store refuses to start and says what is damaged: serving what is left would look like the truth.</summary>
public sealed class DamagedStoreTests
{
    [Fact]
    public async Task Start_FileIsCutOff_NamesTheFile()
    {
        using var folder = new TestFolder();
        await FillAsync(new SiloProcess(folder.Path));
        using (var file = File.OpenWrite(folder.File("node.db")))
        {
            file.SetLength(file.Length / 2);
        }

        await using var silo = new SiloProcess(folder.Path);
        await RefusedStartTests.RefusesAsync(silo, folder.File("node.db"), "damaged", "backup");
    }

    [Fact]
    public async Task Start_FileIsNoDatabase_NamesTheFile()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("node.db"), new string('x', 100_000), TestContext.Current.CancellationToken);

        await using var silo = new SiloProcess(folder.Path);
        await RefusedStartTests.RefusesAsync(silo, folder.File("node.db"), "damaged");
    }

    [Fact]
    public async Task Start_PagesAreGarbage_NamesWhatTheyHold()
    {
        using var folder = new TestFolder();
        await FillAsync(new SiloProcess(folder.Path));
        using (var file = File.Open(folder.File("node.db"), FileMode.Open, FileAccess.ReadWrite))
        {
            // Everything after the schema.
            file.Position = file.Length / 4;
            file.Write(Enumerable.Repeat((byte)0xA5, (int)(file.Length - file.Position)).ToArray());
        }

        await using var silo = new SiloProcess(folder.Path);
        await RefusedStartTests.RefusesAsync(silo, folder.File("node.db"), "damaged: table ");
    }

    [Fact]
    public async Task Start_MarkLiesBeforeTheLastEnvelope_NamesTheTable()
    {
        using var folder = new TestFolder();
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await FillAsync(new SiloProcess(folder.Path, database));
        await using (var connection = new NpgsqlConnection(database + ";Pooling=false"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = new NpgsqlCommand("DELETE FROM mark WHERE originator_id = 100 AND last_sequence_id > 10", connection);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await using var silo = new SiloProcess(folder.Path, database);
        await RefusedStartTests.RefusesAsync(silo, "damaged: table mark", "backup");
    }

    private static async Task FillAsync(SiloProcess silo)
    {
        await using var running = silo;
        await silo.StartAsync();
        using var client = new OperatorClient(silo.Node);
        var messages = new GroupMessages(TestKeys.Key(1), ClientLoad.Node, topics: 10, messageLength: 1_000, run: 1);
        for (var number = 0ul; number < 60; number++)
        {
            await client.PublishAsync(messages.PayerEnvelope((int)(number % 10), number));
        }

        Assert.Equal(0, (await silo.TerminateAsync()).Code);
    }
}
