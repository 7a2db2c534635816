using System.Text.Json;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Identity.Signatures;
using XmtpOrleans.Testing;
using Xmtp.Identity.Associations;

namespace XmtpOrleans.Protocol.Tests.Identity;

// How to run more inputs: see FuzzCorpus.
public sealed class IdentityUpdateFuzzTests
{
    private static readonly byte[][] Updates =
    [
        .. Vectors.LoadJson("identity/identity-updates.json").GetProperty("scenarios").EnumerateArray()
            .SelectMany(static scenario => scenario.GetProperty("steps").EnumerateArray())
            .Select(static step => Convert.FromHexString(step.GetProperty("identity_update_hex").GetString()!)),
    ];

    private static readonly List<RecoverablePasskeySignature> Assertions =
    [
        .. Updates.SelectMany(static update => IdentityUpdate.Parser.ParseFrom(update).Actions)
            .Select(static action => action.CreateInbox?.InitialIdentifierSignature?.Passkey).OfType<RecoverablePasskeySignature>(),
    ];

    [Fact]
    public void Apply_HostileUpdates_GiveAStateOrARefusal()
    {
        var (read, verified) = (0, 0);
        new FuzzCorpus(Updates).Run(bytes =>
        {
            if (!ParsedIdentityUpdate.TryParse(bytes, out var update, out var refusal))
            {
                Assert.NotEmpty(refusal.Message);
                return;
            }

            read++;
            if (!update.TryVerify(out var checkedUpdate, out refusal))
            {
                Assert.NotEmpty(refusal.Message);
                return;
            }

            verified++;
            Assert.NotEqual(checkedUpdate.TryApplyStored(null, out var state, out refusal), state is null);
            Assert.NotEqual(state is null, refusal is null);
        });
        Assert.True(verified > FuzzCorpus.Inputs / 100, $"{read} read and {verified} verified: too few to say anything");
    }

    [Fact]
    public void ClientData_HostileInputs_AreReadOrRefused() => new FuzzCorpus(Assertions.Select(static assertion => assertion.ClientDataJson.ToByteArray()))
        .Run(static bytes =>
        {
            if (!ClientData.TryRead(bytes, out var origin, out var challenge)) return;
            using var document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind is JsonValueKind.Array) return;
            Assert.Equal(document.RootElement.GetProperty("origin").GetString(), origin);
            Assert.Equal(document.RootElement.GetProperty("challenge").GetString(), challenge);
        });

    [Fact]
    public void P256_HostileSignatures_AreReadOrRefused() => new FuzzCorpus(Assertions.Select(static assertion => assertion.Signature.ToByteArray()))
        .Run(static bytes =>
        {
            var signature = new byte[P256.SignatureSize];
            if (P256.TryReadDer(bytes, signature)) { Assert.True(signature.AsSpan(0, 32).ContainsAnyExcept((byte)0)); }
        });

    [Fact]
    public void P256_HostilePoints_AreReadOrRefused() => new FuzzCorpus(Assertions.Select(static assertion => assertion.PublicKey.ToByteArray()))
        .Run(static bytes =>
        {
            var point = new byte[P256.PointSize];
            if (P256.TryDecodePoint(bytes, point)) { Assert.True(P256.TryDecodePoint([4, .. point], new byte[P256.PointSize])); }
        });
}
