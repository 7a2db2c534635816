using Google.Protobuf;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Identity;
using Messages = Xmtp.Identity.Associations;

namespace XmtpOrleans.Protocol.Tests.Identity;

// An inbox that a wallet created, to which signed updates are applied one by one.
internal sealed class TestInbox
{
    private readonly string _inboxId;
    private ulong _seconds;

    public TestInbox(TestWallet creator)
    {
        Assert.True(InboxId.TryDerive(MemberIdentifier.Ethereum(creator.Address), 0, out var inbox));
        _inboxId = inbox.ToString();
        Apply(Signed(text => new()
        {
            CreateInbox = new() { InitialIdentifier = creator.Address.ToLowerHex(), InitialIdentifierSignature = creator.Sign(text) },
        }));
    }

    public AssociationState? State { get; private set; }

    // Signs twice: the text does not depend on the signatures, so it is read from an update with any.
    public Messages.IdentityUpdate Signed(Func<byte[], Messages.IdentityAction> action)
    {
        var update = new Messages.IdentityUpdate { InboxId = _inboxId, ClientTimestampNs = ++_seconds * 1_000_000_000, Actions = { action([]) } };
        Assert.True(ParsedIdentityUpdate.TryParse(update.ToByteArray(), out var parsed, out _));
        update.Actions[0] = action(parsed.TextToSign().Utf8);
        return update;
    }

    public IdentityRefusal? Apply(Messages.IdentityUpdate update)
    {
        Assert.True(ParsedIdentityUpdate.TryParse(update.ToByteArray(), out var parsed, out var refusal));
        if (!parsed.TryVerify(out var verified, out refusal) || !verified.TryApply(State, [], out var next, out refusal)) return refusal;
        State = next;
        return null;
    }

    public Messages.IdentityUpdate Add(TestWallet existing, TestWallet added) => Signed(text => new()
    {
        Add = new()
        {
            NewMemberIdentifier = IdentifierOf(added.Address),
            NewMemberSignature = added.Sign(text),
            ExistingMemberSignature = existing.Sign(text),
        },
    });

    public Messages.IdentityUpdate Revoke(TestWallet recovery, TestWallet revoked) => Signed(text => new()
    {
        Revoke = new() { MemberToRevoke = IdentifierOf(revoked.Address), RecoveryIdentifierSignature = recovery.Sign(text) },
    });

    private static Messages.MemberIdentifier IdentifierOf(EthereumAddress address) => new() { EthereumAddress = address.ToLowerHex() };
}
