using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.EndToEnd.Tests.Crashes;
using XmtpOrleans.EndToEnd.Tests.Processes;

namespace XmtpOrleans.EndToEnd.Tests.Durability;

/// <summary>A machine that loses power keeps only what was flushed: that must be everything that was acknowledged, or shown (I3).</summary>
public sealed class PowerLossTests(ITestOutputHelper output)
{
    private const int Losses = 3;
    private const int MostLosses = 20;

    [Fact]
    public async Task PowerLoss_UnderLoad_WhatWasToldSurvives()
    {
        using var folder = new TestFolder();
        using var tools = new TestFolder();
        var unflushed = await UnflushedWrites.BuildAsync(tools, folder.Path);
        await using var silo = unflushed.Watch(new SiloProcess(folder.Path));
        var witness = new Witness();
        await silo.StartAsync();
        await using var load = new ClientLoad(silo, witness, seed: 1);
        load.AddPayer(batch: 1);
        load.AddPayer(batch: 10);
        load.AddCommitter(group: 1);
        load.AddFollower(ClientLoad.Node);

        var undone = 0;
        for (var loss = 0; loss < Losses || (undone == 0 && loss < MostLosses); loss++)
        {
            await load.WaitForAnswersAsync(40 + (37 * loss));
            await silo.KillAsync();
            undone += unflushed.Undo();
            await silo.StartAsync();
        }

        await load.WaitForAnswersAsync(20);
        await load.FinishAsync();

        Assert.NotEqual(0, undone); // else nothing was tried
        using var client = new OperatorClient(silo.Node);
        witness.Compare(ClientLoad.Node, await client.ReadLogAsync(ClientLoad.Node));
        witness.Compare(new(0), await client.ReadLogAsync(new(0)));
        Assert.Empty(witness.Faults);
        output.WriteLine($"{witness.Acknowledged} envelopes acknowledged, {undone} writes undone");
    }

    [Fact]
    public async Task PowerLoss_DiskLiedAboutFlushes_TheLossIsNoticed() // the test above would notice a store that does not flush
    {
        using var folder = new TestFolder();
        using var tools = new TestFolder();
        var unflushed = await UnflushedWrites.BuildAsync(tools, folder.Path);
        await using (var first = new SiloProcess(folder.Path))
        {
            await first.StartAsync();
            await first.TerminateAsync();
        }

        var witness = new Witness();
        await using (var lied = unflushed.Watch(new SiloProcess(folder.Path), lies: true))
        {
            await lied.StartAsync();
            await using var load = new ClientLoad(lied, witness, seed: 1);
            load.AddPayer(batch: 1);
            await load.WaitForAnswersAsync(20);
            await load.FinishAsync();
            await lied.KillAsync();
        }

        unflushed.Undo();

        await using var silo = new SiloProcess(folder.Path);
        await silo.StartAsync();
        using var client = new OperatorClient(silo.Node);
        witness.Compare(ClientLoad.Node, await client.ReadLogAsync(ClientLoad.Node));
        Assert.Contains(witness.Faults, static fault => fault.EndsWith("was acknowledged and is lost", StringComparison.Ordinal));
    }
}
