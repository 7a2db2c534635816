using System.Diagnostics.CodeAnalysis;
using Xmtp.Identity.Associations;

namespace XmtpOrleans.Protocol.Identity.Signatures;

// A smart contract wallet: its chain judges the signature. Everything else about it follows from the message (05 §4.6).
internal sealed class Erc6492Signature(Signature message, AccountId account) : IdentitySignature(message)
{
    public override bool TryVerify(
        SignatureText text, [NotNullWhen(true)] out VerifiedSignature? verified, [NotNullWhen(false)] out IdentityRefusal? refusal)
    {
        verified = null;
        refusal = null;
        if (account.ChainNumber is not { } chainNumber)
        {
            refusal = new WalletVerdict(WalletVerdictKind.NoVerifier).RefusalOf(CheckOf(default, text))!;
            return false;
        }

        if (!account.TryGetEthereumAddress(out var address))
        {
            refusal = new(IdentityRefusalKind.VerifierAccount, "Invalid string length");
            return false;
        }

        verified = new(
            MemberIdentifier.Ethereum(account.Address.ToLowerInvariant()), SignatureKind.Erc1271, Message.Erc6492.Signature.ToByteArray())
        {
            ChainId = chainNumber,
            Check = CheckOf(address, text),
        };
        return true;
    }

    private WalletCheck CheckOf(Crypto.EthereumAddress address, SignatureText text) => new()
    {
        Chain = account.Chain,
        Account = address,
        Hash = text.PersonalHash,
        Signature = Message.Erc6492.Signature.Memory,
        BlockNumber = Message.Erc6492.BlockNumber,
    };
}
