namespace XmtpOrleans.Protocol.Identity;

/// <summary>Why an identity update is refused (05 §4.8, §6).</summary>
public enum IdentityRefusalKind
{
    /// <summary>The bytes are no client envelope, or no identity update, that every client can decode.</summary>
    Undecodable,

    /// <summary>The envelope's topic, or the inbox id inside the update, is not that of the log it was published to.</summary>
    WrongLog,

    /// <summary>A required part is absent.</summary>
    ConversionMissing,

    /// <summary>A passkey identifier is not hex.</summary>
    ConversionInvalidPublicKey,

    /// <summary>An installation key is not 32 bytes, or no point of the curve.</summary>
    ConversionEdKey,

    /// <summary>A smart contract wallet's account id is malformed (CAIP-10).</summary>
    ConversionAccountId,

    /// <summary>A signature does not verify.</summary>
    SignatureInvalid,

    /// <summary>A wallet signature has no recovery byte.</summary>
    SignatureBadLength,

    /// <summary>A wallet signature has a recovery byte that stands for nothing.</summary>
    SignatureBadV,

    /// <summary>A wallet signature's numbers are out of range or lead to no point.</summary>
    SignatureMalformed,

    /// <summary>An installation's signature has not 64 bytes.</summary>
    SignatureSliceLen,

    /// <summary>An installation's signature does not verify.</summary>
    SignatureEd25519,

    /// <summary>A passkey's client data is no JSON with origin and challenge, or the challenge is another text.</summary>
    SignatureInvalidClientData,

    /// <summary>A passkey's key is no point of its curve, or of an encoding that is not accepted.</summary>
    SignatureInvalidPublicKey,

    /// <summary>A passkey's signature does not verify.</summary>
    SignatureP256,

    /// <summary>A smart contract wallet's account is no Ethereum address.</summary>
    VerifierAccount,

    /// <summary>The wallet's chain is not one of the network's.</summary>
    VerifierNoVerifier,

    /// <summary>The check of a smart contract wallet reverted, which is a deterministic answer of its block.</summary>
    VerifierProvider,

    /// <summary>The wallet's chain could not be asked; the only kind worth trying again.</summary>
    VerifierUnavailable,

    /// <summary>The inbox exists already.</summary>
    MultipleCreate,

    /// <summary>The inbox does not exist yet.</summary>
    NotCreated,

    /// <summary>The signer is not the member or recovery identifier that the action needs.</summary>
    MissingExistingMember,

    /// <summary>The new member's signature is by somebody else.</summary>
    NewMemberIdSignatureMismatch,

    /// <summary>A member adds itself.</summary>
    GenericAddSelf,

    /// <summary>A legacy key may act for a wallet only in the inbox of that wallet and nonce 0.</summary>
    LegacySignatureReuse,

    /// <summary>A legacy key cannot revoke members or change the recovery identifier.</summary>
    SignatureNotAllowed,

    /// <summary>An installation cannot add another.</summary>
    MemberNotAllowed,

    /// <summary>A smart contract wallet signs from another chain than the one it was added on.</summary>
    ChainIdMismatch,

    /// <summary>A signature was used by an earlier update.</summary>
    Replay,

    /// <summary>The update names another inbox.</summary>
    WrongInboxId,

    /// <summary>The creating wallet's address is not <c>0x</c> and 40 hex digits.</summary>
    InvalidAccountAddress,
}
