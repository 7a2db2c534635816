using System.Collections.Concurrent;
using Google.Protobuf;
using Xmtp.Identity.Associations;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Simulation;

/// <summary>Recorded logs of inboxes, good and bad updates in order, whose signatures need no chain.</summary>
internal static class IdentityLogs
{
    private static readonly ConcurrentDictionary<string, (VerifiedIdentityUpdate? Update, IdentityRefusal? Refusal)> Verified = [];

    /// <summary>Logs of several updates, by inbox.</summary>
    public static IReadOnlyList<(InboxId Inbox, IReadOnlyList<IReadOnlyList<byte[]>> Logs)> ByInbox { get; } = Load();

    /// <summary>The update of a client envelope with its signatures checked; checked once, as they cost more than all the rest.</summary>
    public static (VerifiedIdentityUpdate? Update, IdentityRefusal? Refusal) Verify(InboxId inbox, ReadOnlyMemory<byte> clientEnvelope) =>
        Verified.GetOrAdd($"{inbox} {Convert.ToHexString(clientEnvelope.Span)}", _ =>
            ParsedIdentityUpdate.TryParseEnvelope(inbox, clientEnvelope, out var parsed, out var refusal) && parsed.TryVerify(out var verified, out refusal)
                ? (verified, null)
                : (null, refusal));

    /// <summary>Checks signatures on the caller's turn.</summary>
    public sealed class Verifier : IUpdateVerifier
    {
        public Task<IReadOnlyList<(VerifiedIdentityUpdate? Update, IdentityRefusal? Refusal)>> VerifyAsync(
            InboxId inbox, IReadOnlyList<ReadOnlyMemory<byte>> clientEnvelopes) =>
            Task.FromResult<IReadOnlyList<(VerifiedIdentityUpdate?, IdentityRefusal?)>>(
                [.. clientEnvelopes.Select(envelope => Verify(inbox, envelope))]);
    }

    private static IReadOnlyList<(InboxId Inbox, IReadOnlyList<IReadOnlyList<byte[]>> Logs)> Load() =>
    [
        .. Vectors.LoadJson("identity/identity-updates.json").GetProperty("scenarios").EnumerateArray()
            .Select(scenario => scenario.GetProperty("steps").EnumerateArray()
                .Select(step => IdentityUpdate.Parser.ParseFrom(Convert.FromHexString(step.GetProperty("identity_update_hex").GetString()!)))
                .ToList())
            .Where(updates => updates.Count > 1
                && InboxId.TryParse(updates[0].InboxId, out _) && updates.TrueForAll(update => update.InboxId == updates[0].InboxId))
            .Select(updates => (Inbox: InboxOf(updates[0]), Log: updates.ConvertAll(Envelope)))
            .Where(log => log.Log.TrueForAll(envelope => Verify(log.Inbox, envelope).Update is not { WalletChecks.Count: > 0 }))
            .GroupBy(log => log.Inbox)
            .Select(logs => (logs.Key, (IReadOnlyList<IReadOnlyList<byte[]>>)[.. logs.Select(log => log.Log)])),
    ];

    private static InboxId InboxOf(IdentityUpdate update) =>
        InboxId.TryParse(update.InboxId, out var inbox) ? inbox : throw new InvalidDataException("an inbox id of the vectors");

    private static byte[] Envelope(IdentityUpdate update) => new ClientEnvelope
    {
        Aad = new AuthenticatedData { TargetTopic = ByteString.CopyFrom(Topic.Of(TopicKind.IdentityUpdates, InboxOf(update).ToArray()).Bytes.Span) },
        IdentityUpdate = update,
    }.ToByteArray();
}
