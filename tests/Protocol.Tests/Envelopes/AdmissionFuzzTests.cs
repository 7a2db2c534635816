using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Envelopes;

// How to run more inputs: see FuzzCorpus.
public class AdmissionFuzzTests
{
    [Fact]
    public void Judge_HostileClientEnvelopes_GetAVerdictThatSaysWhy()
    {
        var policies = new[] { new Admission(new AdmissionOptions()), new Admission(NothingRequired) };

        new FuzzCorpus(RecordedEnvelopes.All.Select(recorded => recorded.Bytes)).Run(bytes =>
        {
            if (!ParsedClientEnvelope.TryParse(bytes, out var envelope, out var refusal))
            {
                Assert.NotEmpty(refusal);
                return;
            }

            foreach (var policy in policies)
            {
                var verdict = policy.JudgeForNode(envelope, DateTimeOffset.FromUnixTimeSeconds(1_795_338_300));
                Assert.Equal(verdict.IsAdmitted, verdict.Reason.Length == 0);
            }
        });
    }

    [Fact]
    public void IsServable_HostileOriginatorEnvelopes_GetAnAnswer()
    {
        var policy = new Admission(new AdmissionOptions());

        new FuzzCorpus(RecordedEnvelopes.All.Select(Signed)).Run(bytes =>
        {
            if (!SealedEnvelope.TryParse(bytes, out var envelope, out var refusal))
            {
                Assert.NotEmpty(refusal);
                return;
            }

            if (policy.IsServable(envelope)) { Assert.True(envelope.Payer.Client.PayloadMatchesTopic); }
        });
    }

    private static byte[] Signed(RecordedEnvelopes.Recorded recorded)
    {
        var payer = EnvelopeEncoder.Payer(recorded.Bytes, new byte[65], new OriginatorId(100), 60);
        var unsigned = EnvelopeEncoder.Unsigned(
            new OriginatorId(100), new SequenceId(9), 1_795_338_300_000_000_000, payer, 100, 200, 1_800_000_000);
        return EnvelopeEncoder.Signed(unsigned, new byte[65]);
    }

    private static AdmissionOptions NothingRequired => new()
    {
        RequireIdentifierLengths = false,
        RequireTopicOfPayload = false,
        RequirePrivateMessages = false,
        RequireKnownWelcomes = false,
        RequireValidKeyPackages = false,
    };
}
