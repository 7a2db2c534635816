using Microsoft.Extensions.DependencyInjection;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Inboxes;

namespace XmtpOrleans.Grains.Tests.Inboxes;

public sealed class InboxClusterTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Validate_FromEverySilo_ContinuesFromTheStoredState(short silos)
    {
        var (inbox, updates) = RecordedUpdates.Longest;
        await using var cluster = await GrainCluster.StartAsync(silos, services => services
            .AddInboxes().AddSingleton<IWalletVerifier>(new FakeWallets()));

        for (var at = 0; at < updates.Count; at++)
        {
            var grains = cluster.Silos[at % silos].ServiceProvider.GetRequiredService<IGrainFactory>();
            var verdicts = await grains.GetGrain<IInboxGrain>(inbox.ToString()).ValidateAsync(RecordedUpdates.Ask((ulong)at, updates[at]), CancellationToken.None);
            Assert.Equal(InboxVerdictStatus.Valid, verdicts.Verdicts.Single().Status);
            await RecordedUpdates.StoreAsync(cluster.Store, inbox, updates[at]);
        }

        foreach (var silo in cluster.Silos)
        {
            var grains = silo.ServiceProvider.GetRequiredService<IGrainFactory>();
            var replay = await grains.GetGrain<IInboxGrain>(inbox.ToString())
                .ValidateAsync(RecordedUpdates.Ask((ulong)updates.Count, updates[1]), CancellationToken.None);
            Assert.Equal(InboxVerdictStatus.Invalid, replay.Verdicts.Single().Status);
        }
    }
}
