using Microsoft.Extensions.DependencyInjection;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Storage.Tests.Contract;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Storage.Tests.Fake;

/// <summary>The store in memory that tests of grains use. It has no local chain.</summary>
public sealed class FakeHarness : StoreHarness
{
    private FakeEnvelopeStore? _store;

    public override Task<TestStore> OpenAsync() => Task.FromResult(
        new TestStore(_store ??= new FakeEnvelopeStore(Clock), null!, new Seeder(_store), new ServiceCollection().BuildServiceProvider(), static () => Task.CompletedTask));

    public override async Task<TestStore> ReopenAsync(TestStore store)
    {
        await store.CloseAsync();
        return await OpenAsync();
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Seeder(FakeEnvelopeStore store) : IBulkSeeder
    {
        public async Task<long> SeedAsync(
            OriginatorId originator, IEnumerable<LogRow> rows, IProgress<long>? progress, CancellationToken cancellationToken)
        {
            var lease = await store.TakeLeaseAsync(originator, cancellationToken);
            var all = rows.ToList();
            var last = all[^1].Entry;
            await store.AppendAsync(new LogAppend { Lease = lease, Previous = lease.Last, Last = last.Sequence, LastNs = last.OriginatorNs, Rows = all });
            return all.Count;
        }
    }
}
