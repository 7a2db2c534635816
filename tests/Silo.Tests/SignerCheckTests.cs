using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Silo.Tests;

public sealed class SignerCheckTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CheckSigner_EmptyLog_AdmitsAnyKey() => await With(new FakeEnvelopeStore(), key: 2).CheckSignerAsync(Cancellation);

    [Fact]
    public async Task CheckSigner_LogOfTheKey_AdmitsIt() => await With(await StoreSignedByAsync(key: 1), key: 1).CheckSignerAsync(Cancellation);

    [Fact]
    public async Task CheckSigner_LogOfAnotherKey_SaysWhich()
    {
        var services = With(await StoreSignedByAsync(key: 1), key: 2);

        var refusal = await Assert.ThrowsAsync<StoreException>(() => services.CheckSignerAsync(Cancellation));

        var (first, second) = (TestKeys.Key(1).Address, TestKeys.Key(2).Address);
        Assert.False(refusal.IsTransient);
        Assert.Equal(
            $"The log of node 100 is signed as {first}, and this key signs as {second}: give the key of {first}, or another database.", refusal.Message);
    }

    private static ServiceProvider With(IEnvelopeStore store, int key) => new ServiceCollection()
        .AddSingleton(store)
        .AddSingleton<ISigner>(new LocalSigner(TestKeys.Key(key)))
        .AddSingleton(Options.Create(new NodeOptions { Id = TestPublishes.Node.Value }))
        .BuildServiceProvider();

    private static async Task<FakeEnvelopeStore> StoreSignedByAsync(int key)
    {
        var store = new FakeEnvelopeStore();
        var lease = await store.TakeLeaseAsync(TestPublishes.Node, Cancellation);
        var publish = TestPublishes.Entry("first");
        var unsigned = EnvelopeEncoder.Unsigned(TestPublishes.Node, new SequenceId(1), 1_000, publish.PayerEnvelope, 0, 0, 0);
        var signature = (await new LocalSigner(TestKeys.Key(key)).SignAsync([unsigned]))[0];
        var entry = new LogEntry
        {
            Originator = TestPublishes.Node,
            Sequence = new SequenceId(1),
            OriginatorNs = 1_000,
            ArrivalUs = 1,
            ExpirySeconds = long.MaxValue,
            Topic = publish.Topic,
            Bytes = EnvelopeEncoder.Signed(unsigned, signature),
        };
        Assert.Equal(AppendOutcome.Committed, await store.AppendAsync(new LogAppend
        {
            Lease = lease, Previous = lease.Last, Last = new SequenceId(1), LastNs = 1_000, Rows = [new LogRow { Entry = entry }],
        }));
        return store;
    }
}
