using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.TestingHost;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Tests.Inboxes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Hosting;

public sealed class GrainCallMetricsTests
{
    private readonly ConcurrentDictionary<(string Grain, string Method), List<double>> _seen = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_FromAnotherSilo_AreMeasuredWhereTheGrainLives()
    {
        await using var cluster = await StartAsync(2);
        await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request("first"), Cancellation);
        var host = cluster.HostOf(cluster.Sequencer);
        using var there = Listen(host);
        using var here = Listen(cluster.Silos.Single(silo => silo != host), static (_, _) => Assert.Fail("measured where it was made"));

        await cluster.Publisher(cluster.Silos.Single(silo => silo != host)).PublishAsync(TestPublishes.Request("second"), Cancellation);

        var times = Assert.Single(_seen, static call => call.Key == ("xmtp.sequencer", "AppendAsync")).Value;
        Assert.InRange(Assert.Single(times), double.Epsilon, 60);
        Assert.All(_seen.Keys, static call => Assert.StartsWith("xmtp.", call.Grain));
    }

    [Fact]
    public async Task Call_ThatFails_IsMeasured()
    {
        await using var cluster = await StartAsync(1);
        using var listener = Listen(cluster.Silos[0]);
        var inbox = cluster.Cluster.Client.GetGrain<IInboxGrain>("no inbox id");

        await Assert.ThrowsAsync<InvalidOperationException>(() => inbox.ValidateAsync(RecordedUpdates.Ask(0), Cancellation));

        Assert.Single(_seen, static call => call.Key == ("xmtp.inbox", "ValidateAsync"));
    }

    private static Task<GrainCluster> StartAsync(short silos) => GrainCluster.StartAsync(
        silos,
        static services => services.AddInboxes().AddSingleton<IWalletVerifier>(new FakeWallets()),
        silo: static silo => silo.AddGrainCallMetrics());

    private MeterListener Listen(InProcessSiloHandle silo, Action<string, string>? told = null)
    {
        var meter = silo.ServiceProvider.GetRequiredService<IMeterFactory>().Create("XmtpOrleans.Grains");
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (ReferenceEquals(instrument.Meter, meter) && instrument.Name == "xmtp.grain.call.duration") listening.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) =>
        {
            var (grain, method) = ((string)tags[0].Value!, (string)tags[1].Value!);
            if (grain == "xmtp.sequencer") told?.Invoke(grain, method);
            _seen.GetOrAdd((grain, method), static _ => []).Add(value);
        });
        listener.Start();
        return listener;
    }
}
