using Google.Protobuf;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Protocol.Tests.Identity;

// Rules that no recorded update reaches.
public sealed class AssociationRulesTests
{
    private static readonly TestWallet Creator = new(0x11);
    private static readonly TestWallet Second = new(0x22);
    private static readonly TestWallet Legacy = new(0x33);

    [Fact] // the existing member's signature is disguised by another v, the new member's stands as it was
    public void Add_NewMembersSignatureSeenBefore_IsAReplay()
    {
        var inbox = new TestInbox(Creator);
        var add = inbox.Add(Creator, Second);
        Assert.Null(inbox.Apply(add));
        Assert.Null(inbox.Apply(inbox.Revoke(Creator, Second)));
        add.Actions[0].Add.ExistingMemberSignature.Erc191.Bytes = WithV(add.Actions[0].Add.ExistingMemberSignature.Erc191.Bytes, -27);

        Assert.Equal(IdentityRefusalKind.Replay, inbox.Apply(add)?.Kind);
        Assert.DoesNotContain(MemberIdentifier.Ethereum(Second.Address), inbox.State!.Members.Keys);
    }

    [Fact]
    public void Add_BothSignaturesDisguised_IsAcceptedAgain()
    {
        var inbox = new TestInbox(Creator);
        var add = inbox.Add(Creator, Second);
        Assert.Null(inbox.Apply(add));
        Assert.Null(inbox.Apply(inbox.Revoke(Creator, Second)));
        add.Actions[0].Add.ExistingMemberSignature.Erc191.Bytes = WithV(add.Actions[0].Add.ExistingMemberSignature.Erc191.Bytes, -27);
        add.Actions[0].Add.NewMemberSignature.Erc191.Bytes = WithV(add.Actions[0].Add.NewMemberSignature.Erc191.Bytes, -27);

        Assert.Null(inbox.Apply(add)); // a known weakness: refusing it here alone would part this node from the clients (05 §5.6)
        Assert.Contains(MemberIdentifier.Ethereum(Second.Address), inbox.State!.Members.Keys);
    }

    [Fact]
    public void Add_LegacyKeyOfARecoveryThatIsNoMember_IsRefused()
    {
        var inbox = new TestInbox(Creator);
        Assert.Null(inbox.Apply(inbox.Revoke(Creator, Creator)));
        Assert.Empty(inbox.State!.Members);
        var add = inbox.Signed(text => new()
        {
            Add = new()
            {
                NewMemberIdentifier = new() { EthereumAddress = Second.Address.ToLowerHex() },
                NewMemberSignature = Second.Sign(text),
                ExistingMemberSignature = Creator.SignThrough(Legacy, text),
            },
        });
        Assert.Equal(IdentityRefusalKind.LegacySignatureReuse, inbox.Apply(add)?.Kind);

        // Its real signature would do.
        Assert.Null(inbox.Apply(inbox.Add(Creator, Second)));
    }

    [Fact]
    public void Add_LegacyKeyOfAMember_IsAcceptedOnce()
    {
        var inbox = new TestInbox(Creator);
        Assert.Null(inbox.Apply(AddThroughLegacy(inbox, Second)));
        Assert.Equal(IdentityRefusalKind.Replay, inbox.Apply(AddThroughLegacy(inbox, new TestWallet(0x44)))?.Kind);
    }

    private static Xmtp.Identity.Associations.IdentityUpdate AddThroughLegacy(TestInbox inbox, TestWallet added) => inbox.Signed(text => new()
    {
        Add = new()
        {
            NewMemberIdentifier = new() { EthereumAddress = added.Address.ToLowerHex() },
            NewMemberSignature = added.Sign(text),
            ExistingMemberSignature = Creator.SignThrough(Legacy, text),
        },
    });

    private static ByteString WithV(ByteString signature, int change)
    {
        var bytes = signature.ToByteArray();
        bytes[64] = (byte)(bytes[64] + change);
        return ByteString.CopyFrom(bytes);
    }
}
