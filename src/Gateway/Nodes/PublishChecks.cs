using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Fees;

namespace XmtpOrleans.Gateway.Nodes;

/// <summary>The checks of one payer envelope, in the network's order and words (02 §7.1). The first failure of an envelope ends its checks.</summary>
internal sealed class PublishChecks(OriginatorId self, Admission admission, TimeProvider clock)
{
    /// <summary>Reads one payer envelope; on refusal says why, naming the index.</summary>
    public static ParsedPayerEnvelope? Read(ReadOnlyMemory<byte> bytes, int index, out PublishRefusal? refusal)
    {
        refusal = ParsedPayerEnvelope.TryParse(bytes, out var envelope, out var fault)
            ? null
            : Invalid(index, $"could not unmarshal payer envelope: {fault}");
        return envelope;
    }

    /// <summary>Checks one payer envelope and recovers who pays; on refusal says why, naming the index.</summary>
    /// <param name="envelope">The envelope.</param>
    /// <param name="index">Its place in the request.</param>
    /// <param name="marks">How far each log is stored here, for its dependencies.</param>
    /// <param name="payer">Who signed it.</param>
    /// <returns>The refusal, or <see langword="null"/>.</returns>
    public PublishRefusal? Check(ParsedPayerEnvelope envelope, int index, Cursor marks, out EthereumAddress payer)
    {
        payer = default;
        if (envelope.Target != self) return Invalid(index, "invalid target originator");
        if (!envelope.HasPayerSignature) return Invalid(index, "could not recover signer: payer signature is missing");
        if (!TryRecover(envelope, out payer)) return Invalid(index, "could not recover signer: payer signature is malformed");
        if (!envelope.Client.PayloadMatchesTopic) return Invalid(index, "topic does not match payload");
        if (RefuseDependency(envelope.Client.DependsOn, marks) is { } dependency) return Invalid(index, dependency.Text, dependency.IsPassing);
        if (new Retention(envelope.RetentionDays).Refusal is { } retention) return Invalid(index, retention);

        var verdict = admission.JudgeForNode(envelope.Client, clock.GetUtcNow());
        return verdict.IsAdmitted ? null : new PublishRefusal(verdict.Describe(index));
    }

    private static bool TryRecover(ParsedPayerEnvelope envelope, out EthereumAddress payer)
    {
        Span<byte> hash = stackalloc byte[Secp256k1.HashSize];
        SigningHashes.Payer(envelope.Target, envelope.Client.Bytes.Span, hash);
        return Secp256k1.TryRecover(hash, envelope.PayerSignature.Span, out payer);
    }

    private static (string Text, bool IsPassing)? RefuseDependency(Cursor dependsOn, Cursor marks)
    {
        foreach (var (originator, sequence) in dependsOn.AsSpan())
        {
            if (originator.IsNode)
            {
                return ($"node ID {originator} specified in DependsOn is not a valid node ID, a message can not depend on a non-commit", false);
            }

            // The chain may have reached the client before it reached this node.
            if (!marks.TryGet(originator, out var mark)) return ($"node ID {originator} specified in DependsOn has not been seen by this node", true);
            if (sequence > mark)
            {
                return ($"sequence ID {sequence} for node ID {originator} specified in DependsOn exceeds last seen sequence ID {mark}", true);
            }
        }

        return null;
    }

    private static PublishRefusal Invalid(int index, string reason, bool isPassing = false) =>
        new($"could not validate envelope. index {index}: invalid_argument: {reason}", isPassing);
}
