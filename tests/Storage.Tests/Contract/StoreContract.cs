using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Storage.Tests.Contract;

/// <summary>What every contract test starts from: an open store on an empty database.</summary>
public abstract class StoreContract(StoreHarness harness) : IAsyncLifetime
{
    private TestStore? _store;

    protected static PageLimit NoLimit { get; } = new(int.MaxValue, int.MaxValue);

    protected static ReadFilter Everything { get; } = new() { NowSeconds = long.MinValue };

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected StoreHarness Harness { get; } = harness;

    protected IEnvelopeStore Store => _store!.Envelopes;

    protected ILocalChainStore LocalChain => _store!.LocalChain;

    protected IBulkSeeder Seeder => _store!.Seeder;

    public async ValueTask InitializeAsync() => _store = await Harness.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_store is not null) await _store.CloseAsync();
        await Harness.DisposeAsync();
    }

    protected Task SettleAsync() => _store!.SettleAsync();

    protected async Task ReopenAsync() => _store = await Harness.ReopenAsync(_store!);

    protected async Task<IReadOnlyList<LogEntry>> LogAsync(OriginatorId originator) =>
        (await Store.ReadLogAsync(originator, default, new SequenceId(SequenceId.MaxValue), NoLimit, Cancellation)).Entries;

    protected static IEnumerable<ulong> Positions(IEnumerable<LogEntry> entries) => entries.Select(entry => entry.Sequence.Value);

    internal static Topic Group(int number) => Topic.Of(TopicKind.GroupMessages,
        BitConverter.GetBytes((long)number).Concat(new byte[8]).ToArray());

    internal static Topic KeyPackage(int number) => Topic.Of(TopicKind.KeyPackages,
        BitConverter.GetBytes((long)number).Concat(new byte[24]).ToArray());
}
