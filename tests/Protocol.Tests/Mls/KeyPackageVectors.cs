using System.Text.Json;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Mls;

/// <summary>Key packages: of real clients with every field taken apart, and made ones with the verdict of the clients' library.</summary>
internal static class KeyPackageVectors
{
    private static readonly JsonElement File = Vectors.LoadJson("identity/key-packages.json");

    /// <summary>The made ones by name.</summary>
    public static IReadOnlyDictionary<string, JsonElement> Crafted { get; } =
        File.GetProperty("crafted").EnumerateArray().ToDictionary(vector => vector.GetProperty("name").GetString()!);

    /// <summary>Those of real clients.</summary>
    public static IReadOnlyList<JsonElement> Recorded { get; } =
    [
        .. new[] { "recorded_libxmtp_1_11_0_dev", "recorded_libxmtp_1_10_0", "recorded_2024" }
            .SelectMany(group => File.GetProperty(group).EnumerateArray()),
    ];

    /// <summary>The bytes of one.</summary>
    public static byte[] Bytes(JsonElement vector) => Convert.FromHexString(vector.GetProperty("hex").GetString()!);

    /// <summary>The moment a made one was judged at.</summary>
    public static DateTimeOffset JudgedAt(JsonElement vector) =>
        DateTimeOffset.FromUnixTimeSeconds(vector.GetProperty("evaluate_at_unix").GetInt64());
}
