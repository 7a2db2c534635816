using Google.Protobuf;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Inboxes;

public sealed class InboxStateTests
{
    private static readonly InboxId Inbox = RecordedUpdates.Longest.Inbox;
    private static readonly byte[][] Updates = [.. RecordedUpdates.Longest.Envelopes];

    private readonly FakeEnvelopeStore _store = new();
    private int _reads;

    public InboxStateTests() => _store.Before = call =>
    {
        if (call == StoreCall.ReadTopics) _reads++;
        return Task.CompletedTask;
    };

    [Fact]
    public async Task Validate_UpdatesOfOneBatch_AreChained()
    {
        var verdicts = await NewState().ValidateAsync(RecordedUpdates.Ask(0, Updates), CancellationToken.None);

        Assert.All(verdicts.Verdicts, verdict => Assert.Equal(InboxVerdictStatus.Valid, verdict.Status));
        var created = Assert.Single(verdicts.Verdicts[0].AddressChanges);
        Assert.Equal((false, Inbox, 1UL), (created.Revoked, created.Inbox, created.Sequence.Value));
        Assert.Equal(created.Address.ToLowerInvariant(), created.Address);
    }

    [Fact]
    public async Task Validate_InvalidUpdateInABatch_LeavesTheStateForTheNext()
    {
        var verdicts = await NewState().ValidateAsync(RecordedUpdates.Ask(0, Updates[1], Updates[0], Updates[0], Updates[1]), CancellationToken.None);

        Assert.Equal(
            [InboxVerdictStatus.Invalid, InboxVerdictStatus.Valid, InboxVerdictStatus.Invalid, InboxVerdictStatus.Valid],
            verdicts.Verdicts.Select(verdict => verdict.Status));
        Assert.NotEmpty(verdicts.Verdicts[0].Reason);
        Assert.Empty(verdicts.Verdicts[0].AddressChanges);
    }

    [Fact]
    public async Task Validate_AfterTheCommit_GoesOnWithoutTheStore()
    {
        var state = NewState();
        await state.ValidateAsync(RecordedUpdates.Ask(0, Updates[0]), CancellationToken.None);
        await RecordedUpdates.StoreAsync(_store, Inbox, Updates[0]);
        _reads = 0;

        var verdicts = await state.ValidateAsync(RecordedUpdates.Ask(1, Updates[1]), CancellationToken.None);

        Assert.Equal(InboxVerdictStatus.Valid, verdicts.Verdicts.Single().Status);
        Assert.Equal(0, _reads);
    }

    [Fact]
    public async Task Validate_CommitThatWasLost_IsNotCounted()
    {
        var state = NewState();
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var verdicts = await state.ValidateAsync(RecordedUpdates.Ask(0, Updates[0], Updates[1]), CancellationToken.None);
            Assert.All(verdicts.Verdicts, verdict => Assert.Equal(InboxVerdictStatus.Valid, verdict.Status));
        }
    }

    [Fact]
    public async Task Validate_AnotherActivationStoredMore_StateIsReadAgain()
    {
        var state = NewState();
        await state.ValidateAsync(RecordedUpdates.Ask(0, Updates[0]), CancellationToken.None);
        await RecordedUpdates.StoreAsync(_store, Inbox, Updates[0], Updates[1]);

        var verdicts = await state.ValidateAsync(RecordedUpdates.Ask(2, Updates[1], Updates[2]), CancellationToken.None);

        Assert.Equal([InboxVerdictStatus.Invalid, InboxVerdictStatus.Valid], verdicts.Verdicts.Select(verdict => verdict.Status));
    }

    [Fact] // D11: the reference judges by the first 256 updates only
    public async Task Validate_MoreThan256StoredUpdates_AllOfThemCount()
    {
        byte[][] filler = [.. Enumerable.Range(1, 1_100).Select(number => RecordedUpdates.Empty(Inbox, (ulong)number))];
        await RecordedUpdates.StoreAsync(_store, Inbox, [Updates[0], .. filler, Updates[1]]);
        var last = (ulong)filler.Length + 2;

        var verdicts = await NewState().ValidateAsync(RecordedUpdates.Ask(last, Updates[1], Updates[2]), CancellationToken.None);

        Assert.Equal([InboxVerdictStatus.Invalid, InboxVerdictStatus.Valid], verdicts.Verdicts.Select(verdict => verdict.Status));
        Assert.Contains("Replay", verdicts.Verdicts[0].Reason, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Validate_StoredBeyondTheNamedPosition_IsNotSeen()
    {
        await RecordedUpdates.StoreAsync(_store, Inbox, Updates[0], Updates[1]);

        var verdicts = await NewState().ValidateAsync(RecordedUpdates.Ask(1, Updates[1]), CancellationToken.None);

        Assert.Equal(InboxVerdictStatus.Valid, verdicts.Verdicts.Single().Status);
    }

    [Fact]
    public async Task Validate_ChainOfAWalletAway_LeavesTheUpdateAndAllAfterItUndecidedUntilItAnswers()
    {
        var wallets = new FakeWallets { Verdict = new WalletVerdict(WalletVerdictKind.Unavailable, "HTTP error 429") };
        var state = new InboxState(ContractWalletUpdate.Inbox, _store, new UpdateVerifier(), wallets);
        var updates = RecordedUpdates.Ask(0, ContractWalletUpdate.Envelope.ToByteArray(), RecordedUpdates.Empty(ContractWalletUpdate.Inbox, number: 1));

        var away = await state.ValidateAsync(updates, CancellationToken.None);
        wallets.Verdict = new WalletVerdict(WalletVerdictKind.Valid);
        var back = await state.ValidateAsync(updates, CancellationToken.None);

        Assert.All(away.Verdicts, verdict => Assert.Equal(InboxVerdictStatus.Undecided, verdict.Status));
        Assert.Equal("HTTP error 429", away.Verdicts[0].Reason);
        Assert.Empty(away.Verdicts[0].AddressChanges);
        Assert.All(back.Verdicts, verdict => Assert.Equal(InboxVerdictStatus.Valid, verdict.Status));
        Assert.Single(back.Verdicts[0].AddressChanges);
    }

    [Fact]
    public async Task Validate_WalletSaysNo_IsInvalidForGood()
    {
        var wallets = new FakeWallets { Verdict = new WalletVerdict(WalletVerdictKind.Invalid) };
        var state = new InboxState(ContractWalletUpdate.Inbox, _store, new UpdateVerifier(), wallets);

        var verdicts = await state.ValidateAsync(RecordedUpdates.Ask(0, ContractWalletUpdate.Envelope.ToByteArray()), CancellationToken.None);

        Assert.Equal(InboxVerdictStatus.Invalid, verdicts.Verdicts.Single().Status);
    }

    private InboxState NewState() => new(Inbox, _store, new UpdateVerifier(), new FakeWallets());
}
