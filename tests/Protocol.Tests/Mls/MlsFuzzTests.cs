using Xmtp.Identity;
using XmtpOrleans.Protocol.Mls;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Mls;

// How to run more inputs: see FuzzCorpus.
public class MlsFuzzTests
{
    [Fact]
    public void GroupMessage_HostileInputs_AreRefusedOrReadTheSameWay() =>
        new FuzzCorpus(RecordedEnvelopes.All.Where(recorded => recorded.Kind == "group_message")
            .Select(recorded => recorded.Message.GroupMessage.V1.Data.ToByteArray())
            .Concat(Vectors.LoadJson("identity/group-messages.json").GetProperty("crafted").EnumerateArray()
                .Select(KeyPackageVectors.Bytes))).Run(AssertReadingsAgree);

    [Fact]
    public void KeyPackage_HostileInputs_AreRefused()
    {
        var vectors = KeyPackageVectors.Crafted.Values.ToArray();
        var valid = vectors.Select(KeyPackageVectors.Bytes).Select(Convert.ToHexString).ToHashSet();
        var at = KeyPackageVectors.JudgedAt(vectors[0]);

        new FuzzCorpus(vectors.Select(KeyPackageVectors.Bytes)).Run(bytes =>
        {
            var verdict = KeyPackageValidator.Validate(bytes, at);
            Assert.True(!verdict.IsValid || valid.Contains(Convert.ToHexString(bytes)), "damaged and still valid");
        });
    }

    [Fact]
    public void Credential_HostileInputs_ReadAsTheStockDecoderReadsThem() =>
        new FuzzCorpus([
            Convert.FromHexString("0a03616263"), Convert.FromHexString("0a036162631203646566"), [],
            Convert.FromHexString("0a05c3a9e282ac18051d01020304210102030405060708"),
        ]).Run(bytes =>
        {
            if (!BasicCredential.TryReadInboxId(bytes, out var inboxId, out var failure))
            {
                Assert.NotEmpty(failure);
                return;
            }

            Assert.Equal(MlsCredential.Parser.ParseFrom(bytes).InboxId, inboxId);
        });

    private static void AssertReadingsAgree(byte[] bytes)
    {
        var isLenient = GroupMessage.TryRead(bytes, GroupMessageReading.Lenient, out var lenient, out _);
        if (!GroupMessage.TryRead(bytes, GroupMessageReading.Strict, out var strict, out _)) return;

        Assert.True(isLenient);
        Assert.Equal(GroupMessage.GroupIdLength, strict.GroupId.Length);
        Assert.True(strict.GroupId.SequenceEqual(lenient.GroupId));
        Assert.Equal((strict.WireFormat, strict.Epoch, strict.ContentType), (lenient.WireFormat, lenient.Epoch, lenient.ContentType));
    }
}
