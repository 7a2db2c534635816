using System.Globalization;
using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.EndToEnd.Tests.Processes;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Crashes;

/// <summary>The process is killed again and again while clients publish and follow; whatever anybody was told holds afterwards (I2, I3, I6, I9).
/// <c>XMTP_KILLS</c> says how often, <c>XMTP_SEED</c> repeats a run's choices.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int DefaultKills = 4;

    private static readonly OriginatorId[] Logs = [OriginatorId.GroupMessagesChain, OriginatorId.IdentityUpdatesChain, ClientLoad.Node];

    private static readonly int Kills = Setting("XMTP_KILLS") ?? DefaultKills;

    [Fact]
    public async Task Kill_SqliteUnderLoad_WhatWasToldHolds()
    {
        using var folder = new TestFolder();
        await using var silo = new SiloProcess(folder.Path);

        await RunAsync(silo, folder, restart: static (_, silo) => silo.KillAsync());
    }

    [Fact]
    public async Task Kill_PostgresUnderLoad_WhatWasToldHolds()
    {
        using var folder = new TestFolder();
        using var server = await PostgresServer.StartOwnAsync();
        await using var silo = new SiloProcess(folder.Path, await server.CreateDatabaseAsync());

        await RunAsync(silo, folder, async (kill, silo) =>
        {
            // Every other time all processes go, the database first.
            if (kill % 2 == 1) server.Kill();
            await silo.KillAsync();
            if (kill % 2 == 1) await server.RestartAsync();
        });
    }

    private async Task RunAsync(SiloProcess silo, TestFolder folder, Func<int, SiloProcess, Task> restart)
    {
        var seed = Setting("XMTP_SEED") ?? Random.Shared.Next(1, 10_000);
        var random = new Random(seed);
        output.WriteLine($"XMTP_SEED={seed} XMTP_KILLS={Kills}");
        var witness = new Witness();
        await silo.StartAsync();
        await using (var load = new ClientLoad(silo, witness, seed))
        {
            load.AddPayer(batch: 1);
            load.AddPayer(batch: 1);
            load.AddPayer(batch: 10);
            load.AddCommitter(group: 1);
            load.AddRegistrar(wallets: 1);
            Array.ForEach(Logs, load.AddFollower);
            load.AddFollower(ClientLoad.Node);

            for (var kill = 0; kill < Kills; kill++)
            {
                await load.WaitForAnswersAsync(random.Next(20, 250));
                await restart(kill, silo);
                if (kill % 3 == 2)
                {
                    // Once more while it is still starting.
                    await silo.StartUntilLiveAsync();
                    await silo.KillAsync();
                }

                await silo.StartAsync();
            }

            await load.WaitForAnswersAsync(100);
            await load.FinishAsync();
            await CheckAsync(silo, witness, load, folder);
        }

        // A drained stop and a last start change nothing either.
        var exit = await silo.TerminateAsync();
        Assert.True(exit.Code == 0, $"SIGTERM ended it with {exit.Code}:\n{silo.Output}");
        await silo.StartAsync();
        using var client = new OperatorClient(silo.Node);
        foreach (var log in Logs)
        {
            witness.Compare(log, await client.ReadLogAsync(log));
        }

        Assert.Empty(witness.Faults);
        output.WriteLine($"{witness.Answers} answers, {witness.Acknowledged} envelopes");
    }

    private static async Task CheckAsync(SiloProcess silo, Witness witness, ClientLoad load, TestFolder folder)
    {
        using var client = new OperatorClient(silo.Node);
        foreach (var log in Logs)
        {
            var stored = await client.ReadLogAsync(log);
            Assert.NotEmpty(stored);
            var envelopes = witness.Compare(log, stored);
            await CompareStreamAsync(client, log, stored);
            if (log != ClientLoad.Node) continue;

            Assert.True(Secp256k1PrivateKey.TryParse((await File.ReadAllTextAsync(folder.File("node.key"))).Trim(), out var key));
            witness.CheckSigner(envelopes, key.Address);
            await witness.CheckUsageAsync(client, load.Payers.Select(static payer => payer.Address), envelopes);
        }

        Assert.Empty(witness.Faults);
    }

    private static async Task CompareStreamAsync(OperatorClient client, OriginatorId log, IReadOnlyList<byte[]> stored)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var streamed = new List<byte[]>();
        await foreach (var frame in client.FollowLogAsync(log, after: 0, limit.Token))
        {
            streamed.AddRange(frame);
            if (streamed.Count >= stored.Count) break;
        }

        Assert.Equal(stored, streamed);
    }

    private static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
