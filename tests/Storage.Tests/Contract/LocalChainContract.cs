using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Storage.Tests.Contract;

public abstract class LocalChainContract(StoreHarness harness) : StoreContract(harness)
{
    private static readonly byte[] GroupId = [.. Enumerable.Range(0, 16).Select(value => (byte)value)];
    private static readonly byte[] InboxBytes = [.. Enumerable.Range(0, 32).Select(value => (byte)value)];
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Append_BothContracts_NumbersEachAndOrdersBlocks()
    {
        var events = new[]
        {
            await AppendAsync(ChainContract.GroupMessages, GroupId, 1, now: 1_000),
            await AppendAsync(ChainContract.IdentityUpdates, InboxBytes, 2, now: 1_000),
            await AppendAsync(ChainContract.GroupMessages, GroupId, 3, now: 500),
            await AppendAsync(ChainContract.GroupMessages, GroupId, 4, now: 9_000),
        };

        Assert.Equal([1UL, 1, 2, 3], events.Select(appended => appended.Sequence.Value));
        Assert.Equal([1UL, 2, 3, 4], events.Select(appended => appended.Block));
        Assert.Equal([1_000L, 1_001, 1_002, 9_000], events.Select(appended => appended.BlockTimeNs));
        Assert.All(events, appended => Assert.Equal((32, 32), (appended.BlockHash.Length, appended.TransactionHash.Length)));
        Assert.Equal(4, events.Select(appended => Convert.ToHexString(appended.BlockHash)).Distinct().Count());
        Assert.Equal(4, events.Select(appended => Convert.ToHexString(appended.TransactionHash)).Distinct().Count());
    }

    [Fact]
    public async Task Append_SameWithinTheWindow_IsTheSameEvent()
    {
        var first = await AppendAsync(ChainContract.GroupMessages, GroupId, 1, now: 1_000);
        var again = await AppendAsync(ChainContract.GroupMessages, GroupId, 1, now: 2_000, since: 1_000);

        Assert.Equivalent(first, again, strict: true);
    }

    [Fact]
    public async Task Append_SameAfterTheWindow_IsAnotherEvent()
    {
        var first = await AppendAsync(ChainContract.GroupMessages, GroupId, 1, now: 1_000);
        var again = await AppendAsync(ChainContract.GroupMessages, GroupId, 1, now: 2_000, since: 1_001);

        Assert.Equal(2UL, again.Sequence.Value);
        Assert.NotEqual(first.TransactionHash, again.TransactionHash);
    }

    [Fact]
    public async Task Append_SamePayloadElsewhere_IsAnotherEvent()
    {
        await AppendAsync(ChainContract.GroupMessages, GroupId, 1, now: 1_000);
        var otherGroup = await AppendAsync(ChainContract.GroupMessages, InboxBytes[16..], 1, now: 1_000);
        var otherContract = await AppendAsync(ChainContract.IdentityUpdates, GroupId, 1, now: 1_000);

        Assert.Equal((2UL, 1UL), (otherGroup.Sequence.Value, otherContract.Sequence.Value));
    }

    [Fact]
    public async Task Append_Concurrently_NumbersWithoutGapOrDouble()
    {
        var events = await Task.WhenAll(Enumerable.Range(0, 60).Select(payload => AppendAsync(ChainContract.GroupMessages, GroupId,
            payload / 2, now: 1_000)));

        Assert.Equal(Enumerable.Range(1, 30).Select(value => (ulong)value), events.Select(appended
            => appended.Sequence.Value).Distinct().Order());
        Assert.All(events.Chunk(2), pair => Assert.Equal(pair[0].Sequence, pair[1].Sequence)); // the same payload twice
        Assert.Equal(30, (await ReadAsync(ChainContract.GroupMessages, 0)).Count);
    }

    [Fact]
    public async Task Read_AfterAPosition_GivesWhatWasAppended()
    {
        for (var payload = 0; payload < 5; payload++)
        {
            await AppendAsync(ChainContract.GroupMessages, GroupId, payload, now: payload);
        }

        var appended = await AppendAsync(ChainContract.GroupMessages, GroupId, 9, now: 7);
        await ReopenAsync();

        var page = await ReadAsync(ChainContract.GroupMessages, 1, limit: 3);
        Assert.Equal([2UL, 3, 4], page.Select(read => read.Sequence.Value));
        Assert.Equivalent(appended, (await ReadAsync(ChainContract.GroupMessages, 5)).Single(), strict: true);
        Assert.Empty(await ReadAsync(ChainContract.IdentityUpdates, 0));
    }

    [Fact]
    public async Task WaitForAppend_EventComes_Completes()
    {
        var waiting = LocalChain.WaitForAppendAsync(ChainContract.GroupMessages, default, Long, Cancellation);
        Assert.False(waiting.IsCompleted);

        await AppendAsync(ChainContract.IdentityUpdates, InboxBytes, 1, now: 1);
        await AppendAsync(ChainContract.GroupMessages, GroupId, 1, now: 1);

        await waiting.WaitAsync(Long, Cancellation);
    }

    [Fact]
    public async Task WaitForAppend_EventIsThere_CompletesAtOnce()
    {
        await AppendAsync(ChainContract.GroupMessages, GroupId, 1, now: 1);
        await LocalChain.WaitForAppendAsync(ChainContract.GroupMessages, default, Long, Cancellation).WaitAsync(Long, Cancellation);

        await ReopenAsync();
        await LocalChain.WaitForAppendAsync(ChainContract.GroupMessages, default, Long, Cancellation).WaitAsync(Long, Cancellation);
    }

    [Fact]
    public async Task WaitForAppend_NothingComes_CompletesAfterTheWait()
    {
        await AppendAsync(ChainContract.GroupMessages, GroupId, 1, now: 1);
        var waiting = LocalChain.WaitForAppendAsync(ChainContract.GroupMessages, new SequenceId(1), Long, Cancellation);
        Assert.False(waiting.IsCompleted);

        Harness.Clock.Advance(Long);

        await waiting.WaitAsync(Long, Cancellation);
    }

    private Task<ChainEvent> AppendAsync(ChainContract contract, byte[] identifier, int payload, long now, long since = long.MinValue) =>
        LocalChain.AppendAsync(contract, identifier, BitConverter.GetBytes(payload), now, since, Cancellation);

    private Task<IReadOnlyList<ChainEvent>> ReadAsync(ChainContract contract, ulong after, int limit = 1_000) =>
        LocalChain.ReadAsync(contract, new SequenceId(after), limit, Cancellation);
}
