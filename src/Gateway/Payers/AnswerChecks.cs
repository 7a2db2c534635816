using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Fees;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Whether a node did what it was asked (04 §4.4): a publish that it did not sign for is none.</summary>
internal sealed class AnswerChecks(IRates rates, TimeProvider clock)
{
    private static readonly TimeSpan MaxClockDifference = TimeSpan.FromMinutes(30);

    /// <summary>What is wrong with the answer to a publish, in words for the operator; <see langword="null"/> when nothing is.</summary>
    public string? Fault(
        RegisteredNode node, IReadOnlyList<ReadOnlyMemory<byte>> sent, IReadOnlyList<ReadOnlyMemory<byte>> answers)
    {
        if (answers.Count != sent.Count) return $"{answers.Count} envelopes for {sent.Count}";
        for (var index = 0; index < sent.Count; index++)
        {
            if (Fault(node, sent[index], answers[index]) is { } fault) return $"envelope {index}: {fault}";
        }

        return null;
    }

    private string? Fault(RegisteredNode node, ReadOnlyMemory<byte> sent, ReadOnlyMemory<byte> answer)
    {
        if (!SealedEnvelope.TryParse(answer, out var envelope, out var refusal)) return refusal;
        if (envelope.Originator != node.Id) return $"originator is {envelope.Originator}";
        if (!envelope.Payer.Bytes.Span.SequenceEqual(sent.Span)) return "payer envelope is not the one sent";
        if (!envelope.TryRecoverSigner(out var signer) || signer != node.SigningAddress) return "not signed by the registered key";

        var difference = Int128.Abs((Int128)envelope.OriginatorNs - NowNs());
        if (difference > MaxClockDifference.Ticks * TimeSpan.NanosecondsPerTick) return $"originator_ns {envelope.OriginatorNs} is not now";
        return FeeFault(envelope);
    }

    private string? FeeFault(SealedEnvelope envelope)
    {
        var payer = envelope.Payer;
        if (!rates.TryGet(envelope.OriginatorNs, out var known)) return null; // nothing to compare with

        var isPriced = FeeRules.TryBaseFee(known, payer.Bytes.Length, new Retention(payer.RetentionDays), out var fee, out _);
        return isPriced && envelope.BaseFee == (ulong)fee.Value ? null : $"base fee is {envelope.BaseFee}, not {fee.Value}";
    }

    private long NowNs() => (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
}
