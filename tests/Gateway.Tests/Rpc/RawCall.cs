using System.Buffers.Binary;
using System.Net.Http.Headers;
using Grpc.Core;

namespace XmtpOrleans.Gateway.Tests.Rpc;

/// <summary>One HTTP exchange as it is on the wire, for requests that no proper client sends.</summary>
internal sealed record RawCall(System.Net.HttpStatusCode Http, HttpResponseMessage Response, byte[] Body)
{
    /// <summary>The gRPC status, from the headers of an empty answer or from the trailers.</summary>
    public StatusCode Status => (StatusCode)int.Parse(Header("grpc-status")!);

    public string? Message => Header("grpc-message") is { } text ? Uri.UnescapeDataString(text) : null;

    public string Text => System.Text.Encoding.UTF8.GetString(Body);

    public static async Task<RawCall> PostAsync(HttpClient client, string path, string? contentType, byte[] body,
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        if (contentType is not null) request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content.Headers.TryAddWithoutValidation(name, value);
        }

        return await SendAsync(client, request);
    }

    public static async Task<RawCall> SendAsync(HttpClient client, HttpRequestMessage request)
    {
        (request.Version, request.VersionPolicy) = (client.DefaultRequestVersion, client.DefaultVersionPolicy);
        var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return new RawCall(response.StatusCode, response, body);
    }

    /// <summary>A message as gRPC frames it.</summary>
    public static byte[] Frame(byte[] message, byte flag = 0)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    public string? Header(string name) =>
        new[] { (HttpHeaders)Response.Headers, Response.TrailingHeaders, Response.Content.Headers }
            .Select(headers => headers.TryGetValues(name, out var values) ? string.Join(",", values) : null)
            .FirstOrDefault(value => value is not null);
}
