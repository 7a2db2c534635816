using System.Buffers.Binary;

namespace XmtpOrleans.Protocol.Mls;

/// <summary>
/// Judges key packages as the clients' library does (05 §9.2): where its two lines differ, as the newer one. No client of either line makes
/// a package they differ on.
/// </summary>
public static class KeyPackageValidator
{
    private const ushort Mls10 = 1;
    private const ushort BasicCredentialType = 1;

    /// <summary>Judges one bare key package (no MLSMessage around it) at a moment. Never throws, whatever the bytes.</summary>
    public static KeyPackageVerdict Validate(ReadOnlySpan<byte> source, DateTimeOffset at)
    {
        if (!KeyPackageReader.TryRead(source, out var package, out var failure)) return Refused("TLS Codec error: " + failure);
        if (BrokenRule(package, at.ToUnixTimeSeconds()) is { } rule) return Refused("mls validation: " + rule);
        if (package.Leaf.CredentialType != BasicCredentialType) return Refused("wrong credential type");
        if (!BasicCredential.TryReadInboxId(package.Leaf.CredentialIdentity, out var inboxId, out failure))
        {
            return Refused("decoding proto failed to decode Protobuf message: " + failure);
        }

        return KeyPackageVerdict.Valid(package.Leaf.SignatureKey, inboxId);
    }

    private static KeyPackageVerdict Refused(string reason) => KeyPackageVerdict.Refused(reason);

    // The order decides which text a package with several faults gets, and the network compares texts.
    private static string? BrokenRule(in KeyPackage package, long now)
    {
        var leaf = package.Leaf;
        if (leaf.Source != LeafNodeSource.KeyPackage) return "Invalid LeafNode source type";
        if (!IsSigned(package, leaf.ToBeSigned, "LeafNodeTBS", leaf.Signature)) return "The leaf node signature is not valid.";
        if (package.Version != Mls10) return "The protocol version is not valid.";
        if (leaf.EncryptionKey.SequenceEqual(package.InitKey)) return "The init key and the encryption key are equal.";
        if (ForeignExtension(package.Extensions) is { } type)
        {
            return $"The provided extension list contains an extension of type {type} that is not allowed in key packages.";
        }

        if (!IsSigned(package, package.ToBeSigned, "KeyPackageTBS", package.Signature)) return "The key package signature is not valid.";
        if (!SupportsOwnExtensions(package)) return "A key package extension is not supported in the leaf's capabilities.";
        if (now < 0 || leaf.NotAfter <= (ulong)now) { return $"Lifetime is in the past: not_after={leaf.NotAfter}, now={now}."; }
        if (leaf.NotBefore > (ulong)now) { return $"Lifetime is in the future: not_before={leaf.NotBefore}, now={now}."; }
        return null;
    }

    private static bool IsSigned(in KeyPackage package, ReadOnlySpan<byte> content, string label, ReadOnlySpan<byte> signature) =>
        MlsSignature.Verify(package.CipherSuite, package.Leaf.SignatureKey, label, content, signature);

    private static string? ForeignExtension(ReadOnlySpan<byte> extensions)
    {
        var list = new MlsReader(extensions);
        while (list.TryReadUInt16(out var type) && list.TryReadVector(out _))
        {
            var name = (ExtensionType)type switch
            {
                ExtensionType.ApplicationId or ExtensionType.RatchetTree or ExtensionType.RequiredCapabilities or ExtensionType.ExternalPub
                    or ExtensionType.ExternalSenders or ExtensionType.ImmutableMetadata => ((ExtensionType)type).ToString(),
                _ when IsGrease(type) => $"Grease({type})",
                _ => null,
            };
            if (name is not null) return name;
        }

        return null;
    }

    // RFC 9420 §13.5: both bytes equal, the low half of each 0xA, up to 0xEAEA.
    private static bool IsGrease(ushort type) => (type & 0x0F0F) == 0x0A0A && type >> 8 == (type & 0xFF) && type < 0xFAFA;

    // The types up to external_senders need no mention in the capabilities, but none of them gets here.
    private static bool SupportsOwnExtensions(in KeyPackage package)
    {
        var supported = new TypeSet(stackalloc ulong[TypeSet.Words]);
        for (var rest = package.Leaf.Capabilities.Extensions; rest.Length > 0; rest = rest[2..])
        {
            supported.Add(BinaryPrimitives.ReadUInt16BigEndian(rest));
        }

        var list = new MlsReader(package.Extensions);
        while (list.TryReadUInt16(out var type) && list.TryReadVector(out _))
        {
            if (!supported.Contains(type)) return false;
        }

        return true;
    }
}
