using System.Globalization;
using System.Text.Json;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Identity;

// 142 logs with 234 updates, each judged by the clients' own library.
public sealed class IdentityUpdateVectorTests
{
    private static readonly Dictionary<string, JsonElement> Scenarios = Vectors.LoadJson("identity/identity-updates.json")
        .GetProperty("scenarios").EnumerateArray().ToDictionary(static scenario => scenario.GetProperty("name").GetString()!);

    public static TheoryData<string> Names => [.. Scenarios.Keys];

    [Fact]
    public void Vectors_AreComplete()
    {
        var steps = Scenarios.Values.SelectMany(static scenario => scenario.GetProperty("steps").EnumerateArray()).ToList();
        Assert.Equal(142, Scenarios.Count);
        Assert.Equal(234, steps.Count);
        Assert.Equal(154, steps.Count(IsAccepted));
    }

    [Fact]
    public void Vectors_AskEveryRecordedWalletCheck()
    {
        var wallets = new RecordedWallets();
        foreach (var step in Scenarios.Values.SelectMany(static scenario => scenario.GetProperty("steps").EnumerateArray()))
        {
            Judge(null, step, wallets);
        }

        Assert.Equal(wallets.Recorded, wallets.Asked.Count);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Apply_Scenario_IsJudgedAsByTheClients(string name)
    {
        var wallets = new RecordedWallets();
        AssociationState? state = null;
        foreach (var step in Scenarios[name].GetProperty("steps").EnumerateArray())
        {
            var (next, refusal) = Judge(state, step, wallets);
            if (!IsAccepted(step))
            {
                AssertRefused(step, refusal);
                continue;
            }

            Assert.Null(refusal);
            AssociationStateJson.AssertEqual(step.GetProperty("state"), next!);
            var diff = AssociationStateDiff.Between(state, next!);
            AssociationStateJson.AssertSame(step.GetProperty("state_diff").GetProperty("new_members"), diff.NewMembers);
            AssociationStateJson.AssertSame(step.GetProperty("state_diff").GetProperty("removed_members"), diff.RemovedMembers);
            state = next;
        }
    }

    private static bool IsAccepted(JsonElement step) => step.GetProperty("expect").GetString() == "accepted";

    private static (AssociationState? Next, IdentityRefusal? Refusal) Judge(AssociationState? state, JsonElement step, RecordedWallets wallets)
    {
        var bytes = Convert.FromHexString(step.GetProperty("identity_update_hex").GetString()!);
        if (!ParsedIdentityUpdate.TryParse(bytes, out var update, out var refusal)) return (null, refusal);
        Assert.Equal(step.GetProperty("signature_text").GetString(), update.TextToSign().Text);
        if (!update.TryVerify(out var verified, out refusal)) return (null, refusal);
        var verdicts = verified.WalletChecks.Select(wallets.Judge).ToList();
        return verified.TryApply(state, verdicts, out var next, out refusal) ? (next, null) : (null, refusal);
    }

    private static void AssertRefused(JsonElement step, IdentityRefusal? refusal)
    {
        Assert.NotNull(refusal);
        Assert.Equal(step.GetProperty("error").GetString()!.Replace(".", "", StringComparison.Ordinal), refusal.Kind.ToString());
        Assert.Equal(step.GetProperty("message").GetString(), refusal.Message);

        // An unknown chain and a revert are answers that will not change; the reference alone calls them retryable (05 §7.6).
        Assert.False(refusal.IsRetryable);
        var retryableInReference = step.GetProperty("reference_treats_as").GetString()!.StartsWith("retryable", StringComparison.Ordinal);
        Assert.Equal(retryableInReference, refusal.Kind is IdentityRefusalKind.VerifierNoVerifier or IdentityRefusalKind.VerifierProvider);
    }
}
