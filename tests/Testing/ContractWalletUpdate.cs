using Google.Protobuf;
using Xmtp.Identity.Associations;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;
using MemberIdentifier = XmtpOrleans.Protocol.Identity.MemberIdentifier;

namespace XmtpOrleans.Testing;

/// <summary>An identity update that creates an inbox by a contract wallet: only the wallet's chain can say whether it is signed.</summary>
public static class ContractWalletUpdate
{
    private const string Address = "0xab16a96d359ec26a11e2c2b3d8f8b8942d5bfcdb";

    /// <summary>The inbox that it creates.</summary>
    public static InboxId Inbox { get; } = InboxId.TryDerive(MemberIdentifier.Ethereum(Address), 0, out var inbox) ? inbox : throw new InvalidOperationException("no inbox id");

    /// <summary>The update in its envelope.</summary>
    public static ClientEnvelope Envelope { get; } = new()
    {
        Aad = new AuthenticatedData { TargetTopic = ByteString.CopyFrom(Topic.Of(TopicKind.IdentityUpdates, Inbox.ToArray()).Bytes.Span) },
        IdentityUpdate = new IdentityUpdate
        {
            InboxId = Inbox.ToString(),
            Actions =
            {
                new IdentityAction
                {
                    CreateInbox = new CreateInbox
                    {
                        InitialIdentifier = Address,
                        InitialIdentifierSignature = new Signature
                        {
                            Erc6492 = new SmartContractWalletSignature { AccountId = $"eip155:31337:{Address}", BlockNumber = 100, Signature = ByteString.CopyFrom(1) },
                        },
                    },
                },
            },
        },
    };
}
