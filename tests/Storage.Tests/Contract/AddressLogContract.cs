using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Storage.Tests.Contract;

public abstract class AddressLogContract(StoreHarness harness) : StoreContract(harness)
{
    private LogWriter? _log;

    // The reference's vectors (02 §12.2), as changes and who has the address after them.
    [Theory]
    [InlineData("+1", true)]
    [InlineData("+1 +2 +2 +1", true)]
    [InlineData("+2 -3", false)]
    [InlineData("+2 -3 +2", false)]
    [InlineData("+2 -3 +4", true)]
    [InlineData("+3 -3", false)]
    [InlineData("-3", false)]
    [InlineData("-3 +4", true)]
    public async Task InboxId_Changes_DecideByPosition(string changes, bool isAssociated)
    {
        foreach (var change in changes.Split(' '))
        {
            await ChangeAsync((1, 1, ulong.Parse(change[1..]), change[0] == '-'));
        }

        Assert.Equal(isAssociated ? Accounts.Inbox(1) : null, await InboxAsync(1));
    }

    [Fact]
    public async Task InboxId_SameChangesInEveryOrder_SameAnswer()
    {
        var changes = new (int Wallet, int Inbox, ulong Sequence, bool Revoked)[] { (0, 1, 1, false), (0, 2, 2, false), (0, 2, 3, true),
            (0, 3, 4, false) };
        var wallet = 0;
        foreach (var order in Orders(changes))
        {
            wallet++;
            foreach (var change in order)
            {
                await ChangeAsync(change with { Wallet = wallet });
            }

            Assert.Equal(Accounts.Inbox(3), await InboxAsync(wallet));
        }
    }

    [Fact]
    public async Task InboxId_SeveralInboxes_LatestUnrevokedWins()
    {
        await ChangeAsync((1, 1, 1, false), (1, 2, 5, false), (1, 3, 3, false));
        Assert.Equal(Accounts.Inbox(2), await InboxAsync(1));

        await ChangeAsync((1, 2, 6, true));
        Assert.Equal(Accounts.Inbox(3), await InboxAsync(1));
    }

    [Fact]
    public async Task InboxId_SeveralChangesOfOnePairInOneCommit_AllCount()
    {
        await ChangeAsync((1, 1, 1, false), (1, 1, 2, true), (1, 1, 3, false), (2, 1, 4, false), (2, 1, 4, true));

        Assert.Equal([Accounts.Inbox(1), null], await Store.ReadInboxIdsAsync([Accounts.Wallet(1), Accounts.Wallet(2)], Cancellation));
    }

    [Fact]
    public async Task InboxIds_ManyAddresses_AnswerAtTheSameIndex()
    {
        await ChangeAsync((1, 1, 1, false), (2, 2, 2, false));

        var inboxes = await Store.ReadInboxIdsAsync(
            [Accounts.Wallet(2), Accounts.Wallet(9), Accounts.Wallet(1), Accounts.Wallet(2), Accounts.Wallet(1).ToUpperInvariant(), ""],
                Cancellation);

        Assert.Equal([Accounts.Inbox(2), null, Accounts.Inbox(1), Accounts.Inbox(2), null, null], inboxes);
        Assert.Empty(await Store.ReadInboxIdsAsync([], Cancellation));
    }

    private static IEnumerable<T[]> Orders<T>(T[] items) => items.Length == 1
        ? [items]
        : items.SelectMany((first, index) => Orders([.. items[..index], .. items[(index + 1)..]]).Select(rest => (T[])[first, .. rest]));

    private async Task<InboxId?> InboxAsync(int wallet) => (await Store.ReadInboxIdsAsync([Accounts.Wallet(wallet)], Cancellation))[0];

    private async Task ChangeAsync(params (int Wallet, int Inbox, ulong Sequence, bool Revoked)[] changes)
    {
        _log ??= await LogWriter.TakeAsync(Store, 1);
        var outcome = await _log.AppendAsync(_log.Row(Group(1), addressChanges: [.. changes.Select(change => new AddressChange
        {
            Address = Accounts.Wallet(change.Wallet),
            Inbox = Accounts.Inbox(change.Inbox),
            Sequence = new(change.Sequence),
            Revoked = change.Revoked,
        })]));
        Assert.Equal(AppendOutcome.Committed, outcome);
    }
}
