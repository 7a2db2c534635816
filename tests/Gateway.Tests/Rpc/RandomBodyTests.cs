using System.Text;
using Google.Protobuf;
using Grpc.Core;

namespace XmtpOrleans.Gateway.Tests.Rpc;

/// <summary>Damaged and random bodies: the caller is at fault each time, so no answer may say that we are.</summary>
public sealed class RandomBodyTests
{
    // More on demand: RANDOM_BODIES=100000.
    private static readonly int Bodies = int.Parse(Environment.GetEnvironmentVariable("RANDOM_BODIES") ?? "300");

    [Theory]
    [InlineData(TestApi.Unary, "application/grpc", 2)]
    [InlineData(TestApi.Ready, "application/grpc", 2)]
    [InlineData(TestApi.ServerStream, "application/grpc", 2)]
    [InlineData(TestApi.Unary, "application/grpc-web+proto", 1)]
    [InlineData(TestApi.ServerStream, "application/grpc-web-text", 1)]
    public async Task Grpc_RandomBody_IsNeverOurFault(string path, string contentType, int http)
    {
        await using var host = await RpcHost.StartAsync();
        var (seed, random) = NewRandom();
        var client = host.Http(http);
        for (var i = 0; i < Bodies; i++)
        {
            var body = Damage(random, RawCall.Frame(Message(path)));
            if (contentType.EndsWith("text", StringComparison.Ordinal))
            {
                body = Damage(random, Encoding.ASCII.GetBytes(Convert.ToBase64String(body)));
            }

            RawCall call;
            try
            {
                call = await RawCall.PostAsync(client, path, contentType, body);
            }
            catch (HttpRequestException failure)
            {
                throw new InvalidOperationException($"seed {seed}, body {i} {Convert.ToHexString(body)}", failure);
            }

            var status = call.Header("grpc-status") ?? StatusInFrame(call.Body);
            Assert.True(
                status is "0" or "3" or "8",
                $"seed {seed}, body {i} {Convert.ToHexString(body)}: status {status} {call.Message}");
        }
    }

    [Theory]
    [InlineData(TestApi.Unary, "application/json")]
    [InlineData(TestApi.Unary, "application/proto")]
    [InlineData(TestApi.Ready, "application/json")]
    [InlineData(TestApi.ServerStream, "application/connect+json")]
    [InlineData(TestApi.ServerStream, "application/connect+proto")]
    public async Task Connect_RandomBody_IsNeverOurFault(string path, string contentType)
    {
        await using var host = await RpcHost.StartAsync();
        var (seed, random) = NewRandom();
        var client = host.Http();
        var isJson = contentType.EndsWith("json", StringComparison.Ordinal);
        for (var i = 0; i < Bodies; i++)
        {
            var message = Damage(random, isJson ? Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(Parsed(path))) : Message(path));
            var body = contentType.Contains("connect", StringComparison.Ordinal) ? Damage(random, RawCall.Frame(message)) : message;

            var call = await RawCall.PostAsync(client, path, contentType, body);

            Assert.False(
                call.Text.Contains("\"code\":\"internal\"", StringComparison.Ordinal)
                    || call.Text.Contains("\"code\":\"unknown\"", StringComparison.Ordinal),
                $"seed {seed}, body {i} {Convert.ToHexString(body)}: {call.Text}");
        }
    }

    private static (int Seed, Random Random) NewRandom()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        return (seed, new Random(seed));
    }

    private static IMessage Parsed(string path) => path switch
    {
        TestApi.ServerStream => TestApi.Filters("a", "topic"),
        TestApi.Ready => new Xmtp.Xmtpv4.MessageApi.QueryEnvelopesRequest { Query = new() { Topics = { ByteString.CopyFromUtf8("a") } },
            Limit = 5 },
        _ => TestApi.Ask("a", "identifier"),
    };

    private static byte[] Message(string path) => Parsed(path).ToByteArray();

    private static byte[] Damage(Random random, byte[] bytes)
    {
        var damaged = (byte[])bytes.Clone();
        switch (random.Next(5))
        {
            case 0:
                return damaged[..random.Next(damaged.Length + 1)];
            case 1:
                random.NextBytes(damaged);
                return damaged;
            case 2:
                for (var flips = random.Next(1, 5); flips > 0 && damaged.Length > 0; flips--)
                {
                    damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
                }

                return damaged;
            case 3:
                return [.. damaged, .. damaged];
            default:
                return damaged;
        }
    }

    // gRPC-Web puts the status of an answer with messages into its last frame.
    private static string? StatusInFrame(byte[] body)
    {
        var text = Encoding.Latin1.GetString(body);
        try
        {
            text += string.Concat(
                text.Split('=', StringSplitOptions.RemoveEmptyEntries).Select(part =>
                Encoding.Latin1.GetString(Convert.FromBase64String(part.PadRight((part.Length + 3) / 4 * 4, '=')))));
        }
        catch (FormatException)
        {
            // Not the text form.
        }

        var at = text.LastIndexOf("grpc-status:", StringComparison.OrdinalIgnoreCase);
        return at < 0 ? null : text[(at + "grpc-status:".Length)..].TrimStart().Split('\r')[0];
    }
}
