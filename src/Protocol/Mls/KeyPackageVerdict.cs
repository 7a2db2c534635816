namespace XmtpOrleans.Protocol.Mls;

/// <summary>What was found when a key package was judged: whose it is, or why it is refused.</summary>
public sealed record KeyPackageVerdict
{
    private KeyPackageVerdict(string? failure, ReadOnlyMemory<byte> installationKey, string inboxId)
    {
        Failure = failure;
        InstallationKey = installationKey;
        InboxId = inboxId;
    }

    /// <summary>Why the package is refused, in the words of the network's validator; <see langword="null"/> when it is valid.</summary>
    public string? Failure { get; }

    /// <summary>Key that signed the package: 32 bytes for every suite clients use. Empty when refused.</summary>
    public ReadOnlyMemory<byte> InstallationKey { get; }

    /// <summary>The inbox the package claims to belong to, as written: neither its form nor its truth is checked. Empty when refused.</summary>
    public string InboxId { get; }

    /// <summary>Whether the package passed every check.</summary>
    public bool IsValid => Failure is null;

    internal static KeyPackageVerdict Valid(ReadOnlySpan<byte> installationKey, string inboxId) =>
        new(failure: null, installationKey.ToArray(), inboxId);

    internal static KeyPackageVerdict Refused(string reason) => new("XMTP Key Package failed " + reason, default, string.Empty);
}
