using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Reads how long a client is willing to wait.</summary>
internal static class RpcTimeouts
{
    private const string GrpcHeader = "grpc-timeout";
    private const string ConnectHeader = "connect-timeout-ms";

    // Timers end at 49 days; a client that waits longer waits for ever.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    /// <summary>
    /// Takes the time limit out of the request, so that nothing else enforces it; null when there is none. Throws a refusal when malformed.
    /// </summary>
    public static TimeSpan? Take(HttpRequest request, RpcProtocol protocol)
    {
        var name = protocol.IsConnect() ? ConnectHeader : GrpcHeader;
        if (!request.Headers.TryGetValue(name, out var values)) return null;

        request.Headers.Remove(name);
        var text = values.ToString();
        var parsed = protocol.IsConnect() ? Milliseconds(text) : Grpc(text);
        if (parsed is not { } timeout) throw RpcErrors.InvalidArgument($"malformed {name}");

        return timeout < Longest ? timeout : null;
    }

    private static TimeSpan? Milliseconds(string text) =>
        Digits(text, atMost: 10) is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;

    private static TimeSpan? Grpc(string text)
    {
        if (text.Length < 2 || Digits(text.AsSpan(0, text.Length - 1), atMost: 8) is not { } count) return null;

        return text[^1] switch
        {
            'H' => TimeSpan.FromHours(count),
            'M' => TimeSpan.FromMinutes(count),
            'S' => TimeSpan.FromSeconds(count),
            'm' => TimeSpan.FromMilliseconds(count),
            'u' => TimeSpan.FromMicroseconds(count),
            'n' => TimeSpan.FromMicroseconds(count / 1000),
            _ => null,
        };
    }

    private static long? Digits(ReadOnlySpan<char> text, int atMost) =>
        text.Length > 0 && text.Length <= atMost && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
}
