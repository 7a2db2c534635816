using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using XmtpOrleans.Protocol.Mls;

namespace XmtpOrleans.Protocol.Tests.Mls;

public class KeyPackageReaderTests
{
    public static TheoryData<int> RecordedIndexes => [.. Enumerable.Range(0, KeyPackageVectors.Recorded.Count)];

    [Fact]
    public void Recorded_Vectors_AreEight() => Assert.Equal(8, KeyPackageVectors.Recorded.Count);

    [Theory]
    [MemberData(nameof(RecordedIndexes))]
    public void TryRead_RecordedPackage_GivesEveryField(int index)
    {
        var vector = KeyPackageVectors.Recorded[index];
        var expected = vector.GetProperty("decoded");

        Assert.True(KeyPackageReader.TryRead(KeyPackageVectors.Bytes(vector), out var package, out var failure), failure);

        Assert.Equal(expected.GetProperty("version").GetInt32(), package.Version);
        Assert.Equal(Number(expected, "cipher_suite"), (int)package.CipherSuite);
        Assert.Equal(Text(expected, "init_key"), Convert.ToHexStringLower(package.InitKey));
        Assert.Equal(Text(expected, "signature"), Convert.ToHexStringLower(package.Signature));
        AssertExtensions(expected, package.Extensions);
        AssertSigned(expected, "KeyPackageTBS", package.ToBeSigned);
        AssertLeaf(expected.GetProperty("leaf"), package.Leaf);
    }

    [Theory]
    [MemberData(nameof(RecordedIndexes))]
    public void Labelled_RecordedPackage_HashesToItsReference(int index)
    {
        var vector = KeyPackageVectors.Recorded[index];
        var content = MlsSignature.Labelled("KeyPackage Reference", KeyPackageVectors.Bytes(vector));

        Assert.Equal(Text(vector.GetProperty("decoded"), "key_package_ref"), Convert.ToHexStringLower(SHA256.HashData(content)));
    }

    [Fact]
    public void Labelled_ContentsAroundEachHeaderLength_AreWrittenInTheShortestForm()
    {
        foreach (var length in new[] { 0, 63, 64, 16_383, 16_384, 70_000 })
        {
            var reader = new MlsReader(MlsSignature.Labelled("X", new byte[length]));

            Assert.True(reader.TryReadVector(out var label) && label.SequenceEqual("MLS 1.0 X"u8));
            Assert.True(reader.TryReadVector(out var content) && content.Length == length);
            Assert.Equal(0, reader.Remaining);
        }
    }

    [Fact]
    public void TryRead_EveryShorterInput_IsRefusedAsTruncated()
    {
        var bytes = KeyPackageVectors.Bytes(KeyPackageVectors.Crafted["ok_typical"]);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(KeyPackageReader.TryRead(bytes.AsSpan(0, length), out _, out var failure));
            Assert.Equal("EndOfStream", failure);
        }
    }

    [Theory]
    [InlineData("00060706000500000500", "DecodingError(\"duplicate entries\")")]
    [InlineData("00060706000500000400", "DecodingError(\"entries not in order\")")]
    [InlineData("00060403000500", null)]
    [InlineData("0006080700050000090000", "EndOfStream")] // one byte is left for the third entry
    [InlineData("00060100", null)]
    [InlineData("000600", "EndOfStream")]
    public void TryRead_AppDataDictionary_IsOrderedAndUnique(string extension, string? expected)
    {
        Assert.Equal(expected is null, KeyPackageReader.TryRead(WithLeafExtension(extension), out _, out var failure));
        Assert.Equal(expected ?? string.Empty, failure);
    }

    // A package without any signature, whose leaf has the one extension.
    private static byte[] WithLeafExtension(string extension)
    {
        const string Head = "00010003" + "00" + "0000" + "000100" + "0000000000" + "01" + "00000000000000000000000000000001";
        return Convert.FromHexString(Head + (extension.Length / 2).ToString("x2") + extension + "00" + "00" + "00");
    }

    private static void AssertLeaf(JsonElement expected, LeafNode leaf)
    {
        Assert.Equal(Text(expected, "encryption_key"), Convert.ToHexStringLower(leaf.EncryptionKey));
        Assert.Equal(Text(expected, "signature_key"), Convert.ToHexStringLower(leaf.SignatureKey));
        Assert.Equal(expected.GetProperty("credential_type").GetInt32(), leaf.CredentialType);
        Assert.Equal(Text(expected, "credential_identity_hex"), Convert.ToHexStringLower(leaf.CredentialIdentity));
        Assert.Equal(expected.GetProperty("source").GetInt32(), (int)leaf.Source);
        Assert.Equal(expected.GetProperty("not_before").ToString(), leaf.NotBefore.ToString());
        Assert.Equal(expected.GetProperty("not_after").ToString(), leaf.NotAfter.ToString());
        Assert.Equal(Text(expected, "signature"), Convert.ToHexStringLower(leaf.Signature));
        AssertExtensions(expected, leaf.Extensions);
        AssertSigned(expected, "LeafNodeTBS", leaf.ToBeSigned);

        var capabilities = expected.GetProperty("capabilities");
        AssertNumbers(capabilities, "versions", leaf.Capabilities.Versions);
        AssertNumbers(capabilities, "cipher_suites", leaf.Capabilities.CipherSuites);
        AssertNumbers(capabilities, "extensions", leaf.Capabilities.Extensions);
        AssertNumbers(capabilities, "proposals", leaf.Capabilities.Proposals);
        AssertNumbers(capabilities, "credentials", leaf.Capabilities.Credentials);
    }

    private static void AssertSigned(JsonElement expected, string label, ReadOnlySpan<byte> toBeSigned)
    {
        Assert.Equal(expected.GetProperty("tbs_length").GetInt32(), toBeSigned.Length);
        Assert.Equal(Text(expected, "tbs_sha256"), Convert.ToHexStringLower(SHA256.HashData(toBeSigned)));
        var signed = MlsSignature.Labelled(label, toBeSigned);
        Assert.Equal(Text(expected, "sign_content_sha256"), Convert.ToHexStringLower(SHA256.HashData(signed)));
    }

    private static void AssertExtensions(JsonElement expected, ReadOnlySpan<byte> extensions)
    {
        var reader = new MlsReader(extensions);
        foreach (var extension in expected.GetProperty("extensions").EnumerateArray())
        {
            Assert.True(reader.TryReadUInt16(out var type) & reader.TryReadVector(out var content));
            Assert.Equal(Number(extension, "type"), type);
            if (extension.TryGetProperty("data_length", out var length)) { Assert.Equal(length.GetInt32(), content.Length); }
            if (extension.TryGetProperty("data_hex", out var data)) { Assert.Equal(data.GetString(), Convert.ToHexStringLower(content)); }
        }

        Assert.Equal(0, reader.Remaining);
    }

    private static void AssertNumbers(JsonElement expected, string name, ReadOnlySpan<byte> numbers)
    {
        var read = new List<int>();
        for (; numbers.Length > 0; numbers = numbers[2..]) { read.Add(BinaryPrimitives.ReadUInt16BigEndian(numbers)); }
        Assert.Equal(expected.GetProperty(name).EnumerateArray().Select(Number), read);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static int Number(JsonElement element, string name) => Number(element.GetProperty(name));

    private static int Number(JsonElement element) =>
        element.ValueKind == JsonValueKind.Number ? element.GetInt32() : Convert.ToInt32(element.GetString(), 16);
}
