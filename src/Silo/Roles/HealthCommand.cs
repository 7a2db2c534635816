using System.Globalization;
using System.Net;
using XmtpOrleans.Silo.Configuration;
using XmtpOrleans.Silo.Ops;

namespace XmtpOrleans.Silo.Roles;

/// <summary>Asks the process beside it whether it is live: for images that hold nothing else to ask with.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>Returns 0 when the process answers, 1 when it does not.</summary>
    public static async Task<int> RunAsync(RoleSettings settings)
    {
        var ops = new OpsOptions { Host = settings.Values["Ops:Host"] is { Length: > 0 } host ? host : new OpsOptions().Host };
        if (settings.Values["Ops:Port"] is { Length: > 0 } port)
        {
            if (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
            {
                await Console.Error.WriteLineAsync($"Ops:Port = {port}: not a port; give one from 1 to {IPEndPoint.MaxPort}");
                return CommandLine.CannotStart;
            }

            ops.Port = number;
        }

        var isWildcard = IPAddress.TryParse(ops.Host, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
        var url = new UriBuilder(Uri.UriSchemeHttp, isWildcard ? IPAddress.Loopback.ToString() : ops.Host, ops.Port, "/health/live").Uri;
        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var http = new HttpClient(handler) { Timeout = Limit };
        try
        {
            using var answer = await http.GetAsync(url);
            if (answer.IsSuccessStatusCode) return 0;
            await Console.Error.WriteLineAsync($"{url}: {(int)answer.StatusCode}");
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync($"{url}: {failure.Message}");
        }

        return 1;
    }
}
