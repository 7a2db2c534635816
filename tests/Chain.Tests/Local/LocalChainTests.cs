using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Chain.Local;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Fees;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Chain.Tests.Local;

public sealed class LocalChainTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Group = [.. Enumerable.Repeat((byte)7, 16)];
    private static readonly byte[] Inbox = [.. Enumerable.Repeat((byte)9, 32)];

    private readonly FakeTimeProvider _clock = new(Start);
    private readonly InMemoryLocalChainStore _store = new();
    private readonly IAppChain _chain;

    public LocalChainTests() => _chain = ChainOver(_store);

    [Fact]
    public async Task Broadcast_Payload_IsAnEventWithTheNextNumberAndTheClocksTime()
    {
        var first = await BroadcastAsync(ChainContract.GroupMessages, Group, Payload(1));
        _clock.Advance(TimeSpan.FromTicks(3));
        var second = await BroadcastAsync(ChainContract.GroupMessages, Group, Payload(2));

        Assert.Equal(new SequenceId(1), first.Event!.Sequence);
        Assert.Equal(new SequenceId(2), second.Event!.Sequence);
        Assert.Equal(Payload(2), second.Event.Payload);
        Assert.Equal(Group, second.Event.Identifier);
        Assert.Equal(Start.ToUnixTimeSeconds() * 1_000_000_000, first.Event.BlockTimeNs);
        Assert.Equal(first.Event.BlockTimeNs + 300, second.Event.BlockTimeNs);
    }

    [Fact]
    public async Task Broadcast_OtherContract_HasItsOwnNumbers()
    {
        await BroadcastAsync(ChainContract.GroupMessages, Group, Payload(1));

        var other = await BroadcastAsync(ChainContract.IdentityUpdates, Inbox, Payload(1));

        Assert.Equal(new SequenceId(1), other.Event!.Sequence);
        Assert.Equal(2ul, other.Event.Block);
    }

    [Fact]
    public async Task Broadcast_SameBytesWithinTheWindow_IsTheSameEvent()
    {
        var first = await BroadcastAsync(ChainContract.GroupMessages, Group, Payload(1));
        _clock.Advance(TimeSpan.FromMinutes(10));

        var again = await BroadcastAsync(ChainContract.GroupMessages, Group, Payload(1));

        Assert.Equal(first.Event!.Sequence, again.Event!.Sequence);
        Assert.Equal(first.Event.TransactionHash, again.Event.TransactionHash);
    }

    [Fact]
    public async Task Broadcast_SameBytesAfterTheWindow_IsANewEvent()
    {
        await BroadcastAsync(ChainContract.GroupMessages, Group, Payload(1));
        _clock.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromTicks(1));

        var again = await BroadcastAsync(ChainContract.GroupMessages, Group, Payload(1));

        Assert.Equal(new SequenceId(2), again.Event!.Sequence);
    }

    [Theory]
    [InlineData(77)]
    [InlineData(262_145)]
    [InlineData(0)]
    public async Task Broadcast_PayloadOutOfBounds_IsRefused(int length)
    {
        var result = await BroadcastAsync(ChainContract.GroupMessages, Group, new byte[length]);

        Assert.Equal($"payload must have 78 to 262144 bytes, not {length}", result.Refusal);
        Assert.Empty(await ReadAsync(ChainContract.GroupMessages, after: null));
    }

    [Theory]
    [InlineData(78)]
    [InlineData(262_144)]
    public async Task Broadcast_PayloadAtABound_IsTaken(int length) =>
        Assert.NotNull((await BroadcastAsync(ChainContract.GroupMessages, Group, new byte[length])).Event);

    [Fact]
    public async Task Broadcast_WrongIdentifierLength_IsRefused()
    {
        var group = await BroadcastAsync(ChainContract.GroupMessages, Inbox, Payload(1));
        var inbox = await BroadcastAsync(ChainContract.IdentityUpdates, Group, Payload(1));

        Assert.Equal("group id must have 16 bytes, not 32", group.Refusal);
        Assert.Equal("inbox id must have 32 bytes, not 16", inbox.Refusal);
    }

    [Fact]
    public async Task ReadEvents_AfterACursor_StartsBehindIt()
    {
        var first = (await BroadcastAsync(ChainContract.GroupMessages, Group, Payload(1))).Event!;
        await BroadcastAsync(ChainContract.IdentityUpdates, Inbox, Payload(2));
        await BroadcastAsync(ChainContract.GroupMessages, Group, Payload(3));

        var events = await ReadAsync(ChainContract.GroupMessages, new ChainCursor(first.Block, first.BlockHash, first.Sequence));

        Assert.Equal(Payload(3), Assert.Single(events).Payload);
    }

    [Fact]
    public async Task ReadEvents_AppendedWhileWaiting_AreReturned()
    {
        var read = _chain.ReadEventsAsync(
            ChainContract.GroupMessages, after: null, limit: 10, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.False(read.IsCompleted);

        await BroadcastAsync(ChainContract.GroupMessages, Group, Payload(1));

        Assert.Single(await read.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task ReadEvents_WokenForNothing_WaitsForTheRestOnly()
    {
        var store = new InMemoryLocalChainStore { WakesForNothing = true };
        store.OnWait = () => _clock.Advance(TimeSpan.FromSeconds(2));

        var events = await ChainOver(store).ReadEventsAsync(
            ChainContract.GroupMessages, after: null, limit: 10, TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);

        Assert.Empty(events);
        Assert.Equal([TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1)], store.Waits);
    }

    [Fact]
    public void EventOf_AnyPartChanged_HasOtherHashes()
    {
        ChainEvent Of(ChainContract contract = ChainContract.GroupMessages, ulong sequence = 1, byte first = 1, byte last = 2, ulong block = 1) =>
            LocalChainEvents.Of(contract, new SequenceId(sequence), [.. Group[..15], first], [.. Payload(1), last], block, blockTimeNs: 5);

        ChainEvent[] events =
            [Of(), Of(ChainContract.IdentityUpdates), Of(sequence: 2), Of(first: 3), Of(last: 3), Of(block: 2)];

        Assert.All(events, known => Assert.Equal((32, 32), (known.TransactionHash.Length, known.BlockHash.Length)));
        Assert.Equal(events.Length, events.Select(known => Convert.ToHexString(known.TransactionHash)).Distinct().Count());
        Assert.Equal(events.Length, events.Select(known => Convert.ToHexString(known.BlockHash)).Distinct().Count());
        Assert.Equal(Of().TransactionHash, Of().TransactionHash);
    }

    [Fact]
    public void EventOf_KnownParts_HasTheHashesItAlwaysHad()
    {
        var known = LocalChainEvents.Of(ChainContract.IdentityUpdates, new SequenceId(2), Inbox, Payload(3), block: 4, blockTimeNs: 5);

        // Stored envelopes carry the transaction hash: another one after an update would be another envelope under the same number.
        Assert.Equal("e0adb0f6268c35d074b1425d259cbdb805cbd3e556d6c83b4a11bea464945dfd", Convert.ToHexStringLower(known.TransactionHash));
        Assert.Equal("e21da32f992f43e8adc80556ba0aa3e404a5631e627537127a903153b7b8c679", Convert.ToHexStringLower(known.BlockHash));
    }

    [Fact]
    public void Rates_AtAnyTime_AreThoseOfDeployment()
    {
        var rates = Provide(_store).GetRequiredService<IRates>();

        Assert.True(rates.TryGet(0, out var first));
        Assert.True(rates.TryGet(long.MaxValue, out var last));
        Assert.Same(Rates.Default, first);
        Assert.Same(Rates.Default, last);
    }

    [Fact]
    public async Task Wallets_AnyCheck_HasNoVerifier()
    {
        var check = new WalletCheck
        {
            Chain = "eip155:1", Account = default, Hash = new byte[32], Signature = new byte[65], BlockNumber = 1,
        };

        var verdicts = await Provide(_store).GetRequiredService<IWalletVerifier>()
            .VerifyAsync([check, check], TestContext.Current.CancellationToken);

        Assert.Equal([WalletVerdictKind.NoVerifier, WalletVerdictKind.NoVerifier], verdicts.Select(verdict => verdict.Kind));
    }

    private static byte[] Payload(byte fill) => [.. Enumerable.Repeat(fill, 100)];

    private IAppChain ChainOver(InMemoryLocalChainStore store) => Provide(store).GetRequiredService<IAppChain>();

    private ServiceProvider Provide(InMemoryLocalChainStore store) => new ServiceCollection()
        .AddSingleton<TimeProvider>(_clock)
        .AddSingleton<ILocalChainStore>(store)
        .AddLocalChain()
        .BuildServiceProvider();

    private Task<BroadcastResult> BroadcastAsync(ChainContract contract, byte[] identifier, byte[] payload) =>
        _chain.BroadcastAsync(contract, identifier, payload, TestContext.Current.CancellationToken);

    private Task<IReadOnlyList<ChainEvent>> ReadAsync(ChainContract contract, ChainCursor? after) =>
        _chain.ReadEventsAsync(contract, after, limit: 10, TimeSpan.Zero, TestContext.Current.CancellationToken);
}
