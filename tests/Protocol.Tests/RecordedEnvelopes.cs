using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests;

/// <summary>The client envelopes that a real client sent in a recorded run, in order.</summary>
internal static class RecordedEnvelopes
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Recorded> All { get; } =
    [
        .. Vectors.LoadJson("identity/recorded-client-envelopes.json").GetProperty("flows").EnumerateArray()
            .SelectMany(flow => flow.GetProperty("envelopes").EnumerateArray())
            .Select(envelope => new Recorded(
                envelope.GetProperty("kind").GetString()!,
                envelope.GetProperty("topic").GetString()!,
                envelope.TryGetProperty("route", out var route) ? route.GetString() : null,
                Convert.FromHexString(envelope.GetProperty("client_envelope_hex").GetString()!))),
    ];

    /// <summary>An envelope of the given kind.</summary>
    public static Recorded First(string kind) => All.First(recorded => recorded.Kind == kind);

    /// <summary>One envelope.</summary>
    /// <param name="Kind">What it carries.</param>
    /// <param name="Topic">Its topic in hex.</param>
    /// <param name="Route">For group messages where the reference sends it.</param>
    /// <param name="Bytes">The bytes.</param>
    public sealed record Recorded(string Kind, string Topic, string? Route, byte[] Bytes)
    {
        /// <summary>The decoded message, a new one each time.</summary>
        public ClientEnvelope Message => ClientEnvelope.Parser.ParseFrom(Bytes);

        /// <summary>The parsed envelope.</summary>
        public ParsedClientEnvelope Parsed =>
            ParsedClientEnvelope.TryParse(Bytes, out var parsed, out var refusal) ? parsed : throw new InvalidDataException(refusal);
    }
}
