namespace XmtpOrleans.Protocol.Identity;

/// <summary>How a <see cref="WalletCheck"/> came out.</summary>
public enum WalletVerdictKind
{
    /// <summary>The chain could not be asked, or did not answer: worth trying again.</summary>
    Unavailable,

    /// <summary>The wallet accepts the signature.</summary>
    Valid,

    /// <summary>The wallet does not accept it.</summary>
    Invalid,

    /// <summary>The check reverted.</summary>
    Reverted,

    /// <summary>The chain is not in the network's list, and the list is known to be current.</summary>
    NoVerifier,
}
