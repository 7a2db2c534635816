namespace XmtpOrleans.Protocol.Mls;

/// <summary>Takes a key package apart. Failures are named as the clients' codec names them, because the network passes these names on.</summary>
internal static class KeyPackageReader
{
    private const string DuplicateExtensions = "DecodingError(\"Found duplicate extensions\")";

    /// <summary>Reads exactly one key package; <paramref name="failure"/> is the codec's name for what is wrong.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out KeyPackage package, out string failure)
    {
        package = default;
        var reader = new MlsReader(source);

        if (!reader.TryReadUInt16(out var version) || !reader.TryReadUInt16(out var suite)) return Refuse(reader.Error, out failure);
        if (!IsKnown((CipherSuite)suite)) { return Refuse($"UnknownValue({suite})", out failure); }
        if (!reader.TryReadVector(out var initKey)) return Refuse(reader.Error, out failure);

        if (!TryReadLeaf(ref reader, source, out var leaf, out failure)) return false;
        if (!TryReadExtensions(ref reader, inLeaf: false, out var extensions, out failure)) return false;

        var toBeSigned = source[..^reader.Remaining];
        if (!reader.TryReadVector(out var signature)) return Refuse(reader.Error, out failure);
        if (reader.Remaining > 0) return Refuse("TrailingData", out failure);

        package = new KeyPackage
        {
            Version = version,
            CipherSuite = (CipherSuite)suite,
            InitKey = initKey,
            Leaf = leaf,
            Extensions = extensions,
            ToBeSigned = toBeSigned,
            Signature = signature,
        };
        return true;
    }

    private static bool TryReadLeaf(scoped ref MlsReader reader, ReadOnlySpan<byte> source, out LeafNode leaf, out string failure)
    {
        leaf = default;
        var start = source.Length - reader.Remaining;

        if (!reader.TryReadVector(out var encryptionKey) || !reader.TryReadVector(out var signatureKey)
            || !reader.TryReadUInt16(out var credentialType) || !reader.TryReadVector(out var identity))
        {
            return Refuse(reader.Error, out failure);
        }

        if (!TryReadCapabilities(ref reader, out var capabilities, out failure)) return false;
        if (!TryReadSource(ref reader, out var nodeSource, out var notBefore, out var notAfter, out failure)) return false;
        if (!TryReadExtensions(ref reader, inLeaf: true, out var extensions, out failure)) return false;

        var toBeSigned = source[start..^reader.Remaining];
        if (!reader.TryReadVector(out var signature)) return Refuse(reader.Error, out failure);

        leaf = new LeafNode
        {
            EncryptionKey = encryptionKey,
            SignatureKey = signatureKey,
            CredentialType = credentialType,
            CredentialIdentity = identity,
            Capabilities = capabilities,
            Source = nodeSource,
            NotBefore = notBefore,
            NotAfter = notAfter,
            Extensions = extensions,
            ToBeSigned = toBeSigned,
            Signature = signature,
        };
        return true;
    }

    private static bool TryReadCapabilities(scoped ref MlsReader reader, out Capabilities capabilities, out string failure)
    {
        capabilities = default;
        if (!TryReadNumbers(ref reader, out var versions, out failure) || !TryReadNumbers(ref reader, out var suites, out failure)
            || !TryReadNumbers(ref reader, out var extensions, out failure) || !TryReadNumbers(ref reader, out var proposals, out failure)
            || !TryReadNumbers(ref reader, out var credentials, out failure))
        {
            return false;
        }

        capabilities = new Capabilities
        {
            Versions = versions,
            CipherSuites = suites,
            Extensions = extensions,
            Proposals = proposals,
            Credentials = credentials,
        };
        return true;
    }

    private static bool TryReadNumbers(scoped ref MlsReader reader, out ReadOnlySpan<byte> numbers, out string failure)
    {
        failure = string.Empty;
        if (!reader.TryReadVector(out numbers)) return Refuse(reader.Error, out failure);
        return numbers.Length % 2 == 0 || Refuse(MlsError.EndOfStream, out failure); // the last number has one byte
    }

    private static bool TryReadSource(
        scoped ref MlsReader reader, out LeafNodeSource source, out ulong notBefore, out ulong notAfter, out string failure)
    {
        notBefore = 0;
        notAfter = 0;
        source = default;
        failure = string.Empty;
        if (!reader.TryReadByte(out var value)) return Refuse(reader.Error, out failure);

        source = (LeafNodeSource)value;
        return source switch
        {
            LeafNodeSource.KeyPackage => (reader.TryReadUInt64(out notBefore) && reader.TryReadUInt64(out notAfter))
                || Refuse(reader.Error, out failure),
            LeafNodeSource.Update => true,
            LeafNodeSource.Commit => reader.TryReadVector(out _) || Refuse(reader.Error, out failure), // the parent's hash
            _ => Refuse($"UnknownValue({value})", out failure),
        };
    }

    private static bool TryReadExtensions(scoped ref MlsReader reader, bool inLeaf, out ReadOnlySpan<byte> extensions, out string failure)
    {
        failure = string.Empty;
        if (!reader.TryReadVector(out extensions)) return Refuse(reader.Error, out failure);

        var types = new TypeSet(stackalloc ulong[TypeSet.Words]);
        var list = new MlsReader(extensions);
        var isFit = true;
        while (list.Remaining > 0)
        {
            if (!list.TryReadUInt16(out var type) || !list.TryReadVector(out var content)) return Refuse(list.Error, out failure);
            if (!TryReadContent((ExtensionType)type, content, out failure)) return false;
            isFit &= types.Add(type) && !(inLeaf && IsForeignToLeaf((ExtensionType)type));
        }

        // One text for both, as the newer client library has it.
        return isFit || Refuse(DuplicateExtensions, out failure);
    }

    // The other known types are refused wherever they stand, so what they hold decides nothing.
    private static bool TryReadContent(ExtensionType type, ReadOnlySpan<byte> content, out string failure)
    {
        failure = string.Empty;
        var reader = new MlsReader(content);
        return type switch
        {
            ExtensionType.ApplicationId => reader.TryReadVector(out _) || Refuse(reader.Error, out failure),
            ExtensionType.AppDataDictionary => TryReadDictionary(ref reader, out failure),
            _ => true,
        };
    }

    private static bool TryReadDictionary(scoped ref MlsReader reader, out string failure)
    {
        failure = string.Empty;
        if (!reader.TryReadVector(out var content)) return Refuse(reader.Error, out failure);

        var entries = new MlsReader(content);
        var last = -1;
        while (entries.Remaining > 0)
        {
            if (!entries.TryReadUInt16(out var id) || !entries.TryReadVector(out _)) return Refuse(entries.Error, out failure);
            if (id == last) return Refuse("DecodingError(\"duplicate entries\")", out failure);
            if (id < last) return Refuse("DecodingError(\"entries not in order\")", out failure);
            last = id;
        }

        return true;
    }

    private static bool IsForeignToLeaf(ExtensionType type) => type is ExtensionType.LastResort or ExtensionType.ImmutableMetadata
        or ExtensionType.RatchetTree or ExtensionType.RequiredCapabilities or ExtensionType.ExternalPub or ExtensionType.ExternalSenders;

    private static bool IsKnown(CipherSuite suite) =>
        suite is (>= CipherSuite.X25519Aes128Ed25519 and <= CipherSuite.P384Aes256P384) or CipherSuite.XWingChaCha20Ed25519;

    private static bool Refuse(MlsError error, out string failure) => Refuse(error.ToString(), out failure);

    private static bool Refuse(string reason, out string failure)
    {
        failure = reason;
        return false;
    }
}
