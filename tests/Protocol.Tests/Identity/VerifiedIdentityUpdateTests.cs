using Google.Protobuf;
using XmtpOrleans.Protocol.Identity;
using Messages = Xmtp.Identity.Associations;

namespace XmtpOrleans.Protocol.Tests.Identity;

public sealed class VerifiedIdentityUpdateTests
{
    private const string Address = "0xab16a96d359ec26a11e2c2b3d8f8b8942d5bfcdb";

    private static readonly WalletVerdict Valid = new(WalletVerdictKind.Valid);

    [Fact]
    public void WalletChecks_SameSignatureInTwoActions_IsAskedOnce() => Assert.Single(Update(actions: 1, sameSignature: true).WalletChecks);

    [Fact]
    public void WalletChecks_DifferentSignatures_AreAllAsked() => Assert.Equal(2, Update(actions: 1, sameSignature: false).WalletChecks.Count);

    [Fact]
    public void TryApply_AllValid_IsAccepted()
    {
        Assert.True(Update(actions: 1, sameSignature: false).TryApply(null, [Valid, Valid], out var state, out _));
        Assert.Equal(31337UL, state.Members[MemberIdentifier.Ethereum(Address)].AddedOnChain);
    }

    [Fact]
    public void TryApply_ChainAway_IsRetryable()
    {
        var away = new WalletVerdict(WalletVerdictKind.Unavailable, "HTTP error 429");
        Assert.False(Update(actions: 1, sameSignature: false).TryApply(null, [Valid, away], out var state, out var refusal));
        Assert.Null(state);
        Assert.Equal(IdentityRefusalKind.VerifierUnavailable, refusal.Kind);
        Assert.Equal("HTTP error 429", refusal.Message);
        Assert.True(refusal.IsRetryable);
    }

    [Theory]
    [InlineData(WalletVerdictKind.Invalid, IdentityRefusalKind.SignatureInvalid)]
    [InlineData(WalletVerdictKind.Reverted, IdentityRefusalKind.VerifierProvider)]
    [InlineData(WalletVerdictKind.NoVerifier, IdentityRefusalKind.VerifierNoVerifier)]
    public void TryApply_RefusedForGoodAfterChainAway_IsNotRetryable(WalletVerdictKind verdict, IdentityRefusalKind expected)
    {
        var away = new WalletVerdict(WalletVerdictKind.Unavailable, "HTTP error 429");
        Assert.False(Update(actions: 1, sameSignature: false).TryApply(null, [away, new(verdict, "why")], out _, out var refusal));
        Assert.Equal(expected, refusal.Kind);
        Assert.False(refusal.IsRetryable);
        Assert.False(Update(actions: 1, sameSignature: false).TryApply(null, [new(verdict, "why"), away], out _, out refusal));
        Assert.Equal(expected, refusal.Kind);
    }

    [Fact]
    public void TryApply_AnotherNumberOfVerdicts_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Update(actions: 1, sameSignature: false).TryApply(null, [Valid], out _, out _));

    [Fact]
    public void TryApplyStored_WithoutVerdicts_GivesTheSameStateAsWithThem()
    {
        var update = Update(actions: 1, sameSignature: false);
        Assert.True(update.TryApply(null, [Valid, Valid], out var asked, out _));
        Assert.True(update.TryApplyStored(null, out var stored, out _));
        Assert.Equal(asked.Members, stored.Members);
        Assert.Equal(asked.SeenSignatures.Select(Convert.ToHexString).Order(), stored.SeenSignatures.Select(Convert.ToHexString).Order());
    }

    [Fact]
    public void TryApply_Refused_LeavesTheGivenState()
    {
        var update = Update(actions: 1, sameSignature: false);
        Assert.True(update.TryApplyStored(null, out var state, out _));
        var (members, seen) = (state.Members.Count, state.SeenSignatures.Count);
        Assert.False(update.TryApplyStored(state, out var next, out var refusal));
        Assert.Null(next);
        Assert.Equal(IdentityRefusalKind.MultipleCreate, refusal.Kind);
        Assert.Equal((members, seen), (state.Members.Count, state.SeenSignatures.Count));
    }

    [Fact]
    public void Between_StatesOfOneLog_ListsOnlyWhoCameAndWent()
    {
        Assert.True(Update(actions: 1, sameSignature: false).TryApplyStored(null, out var one, out _));
        var diff = AssociationStateDiff.Between(one, one);
        Assert.Empty(diff.NewMembers);
        Assert.Empty(diff.RemovedMembers);
        Assert.Equal(one.Members.Keys, AssociationStateDiff.Between(null, one).NewMembers);
    }

    // Creates an inbox by a smart wallet, then changes its recovery that many times, signed by the wallet.
    private static VerifiedIdentityUpdate Update(int actions, bool sameSignature)
    {
        Assert.True(InboxId.TryDerive(MemberIdentifier.Ethereum(Address), 0, out var inbox));
        var message = new Messages.IdentityUpdate { InboxId = inbox.ToString() };
        message.Actions.Add(new Messages.IdentityAction { CreateInbox = new() { InitialIdentifier = Address, InitialIdentifierSignature = SignatureOf(0) } });
        for (var action = 1; action <= actions; action++)
        {
            message.Actions.Add(new Messages.IdentityAction
            {
                ChangeRecoveryAddress = new()
                {
                    NewRecoveryIdentifier = Address,
                    ExistingRecoveryIdentifierSignature = SignatureOf(sameSignature ? 0 : action),
                },
            });
        }

        Assert.True(ParsedIdentityUpdate.TryParse(message.ToByteArray(), out var parsed, out _));
        Assert.True(parsed.TryVerify(out var verified, out _));
        return verified;
    }

    private static Messages.Signature SignatureOf(int number) => new()
    {
        Erc6492 = new() { AccountId = $"eip155:31337:{Address}", BlockNumber = 100, Signature = ByteString.CopyFrom((byte)number) },
    };
}
