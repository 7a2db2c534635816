using System.Diagnostics.Metrics;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using Xmtp.Xmtpv4.Envelopes;
using Xmtp.Xmtpv4.MessageApi;
using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class StalledStreamTests
{
    private const ushort InitialWindow = 4;

    private readonly FakeTimeProvider _clock = new();
    private readonly TaskCompletionSource<Exception> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task Stream_ClientReadsNothing_EndsWithAborted()
    {
        await using var host = await StartAsync();
        await using var wire = await OpenAsync(host, stream: 1);

        var refusal = Assert.IsType<RpcRefusalException>(await _clock.PassUntilAsync(_ended.Task));

        Assert.Equal((StatusCode.Aborted, "client reads too slowly"), (refusal.StatusCode, refusal.Status.Detail));
    }

    [Fact]
    public async Task Stream_ClientReadsAgainAfterTheEnd_GetsTheRestAndTheStatus()
    {
        await using var host = await StartAsync();
        await using var wire = await OpenAsync(host, stream: 1);
        await _clock.PassUntilAsync(_ended.Task);

        await wire.GrantAsync(stream: 1, 1_000_000);
        var data = await wire.ReceiveUntilAsync(frame => frame.Type == Http2Wire.Data);
        var trailers = await wire.ReceiveUntilAsync(frame => frame.Type == Http2Wire.Headers);

        Assert.NotEmpty(data.Payload);
        Assert.Contains("client reads too slowly", Encoding.ASCII.GetString(trailers.Payload), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_ClientReadsNothingAfterTheEndEither_IsReset()
    {
        await using var host = await StartAsync();
        await using var wire = await OpenAsync(host, stream: 1);

        var reset = await _clock.PassUntilAsync(wire.ReceiveUntilAsync(frame => frame.Type == Http2Wire.Reset));

        Assert.Equal(1, reset.Stream);
    }

    [Theory]
    [InlineData("application/grpc", "")]
    [InlineData("application/connect+json", "{}")]
    public async Task Streams_ClientsReadNothing_HoldLittleOfKestrelsMemory(string contentType, string request)
    {
        const int Streams = 100;
        await using var host = await StartAsync();
        var allocated = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                // Meters of the hosts of other tests have the same names.
                if (instrument.Name == "aspnetcore.memory_pool.allocated" && instrument.Meter.Scope == host.Services.GetService(typeof(IMeterFactory)))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, bytes, _, _) => Interlocked.Add(ref allocated, bytes));
        listener.Start();
        var stalled = 0;
        host.Api.OnServerStream = async (_, responses, context) =>
        {
            await responses.WriteAsync(ReadyMessage.Empty);
            var sending = responses.SendAsync(ReadyMessage.Encode(new SubscribeTopicsResponse
            {
                Envelopes = new SubscribeTopicsResponse.Types.Envelopes
                {
                    Envelopes_ = { new OriginatorEnvelope { UnsignedOriginatorEnvelope = ByteString.CopyFrom(new byte[50_000]) } },
                },
            }));
            Interlocked.Increment(ref stalled);
            await sending;
        };
        await using var wire = await Http2Wire.ConnectAsync(host.Address, (InitialWindow, 0));
        wire.ContentType = contentType;

        for (var number = 0; number < Streams; number++)
        {
            await wire.OpenWithMessageAsync(2 * number + 1, TestApi.ServerStream, Encoding.UTF8.GetBytes(request));
        }

        await Eventually.TrueAsync(() => Volatile.Read(ref stalled) == Streams, "every stream has written what it may");

        // A part of 4 KiB over what was there, in blocks of 4 KiB that no two streams share; and what connection and requests took.
        Assert.InRange(allocated, Streams * 4_096, Streams * 3 * 4_096 + 512 * 1_024);
    }

    [Fact]
    public async Task Stream_StalledBesideOthers_OthersAreServedOnTheSameConnection()
    {
        await using var host = await StartAsync();
        await using var wire = await OpenAsync(host, stream: 1);
        await wire.OpenWithMessageAsync(3, TestApi.Unary, TestApi.Ask("a").ToByteArray());
        await wire.GrantAsync(stream: 3, 1_000_000);

        var answer = await wire.ReceiveUntilAsync(frame => frame is { Type: Http2Wire.Data, Stream: 3 });

        Assert.NotEmpty(answer.Payload);
    }

    [Fact]
    public async Task UnaryAnswer_LargeAndNotRead_IsGivenUpAndItsBytesGivenBack()
    {
        await using var host = await StartAsync();
        var server = (RpcServer)host.Services.GetService(typeof(RpcServer))!;
        host.Api.OnRaw = (_, _) => Task.FromResult(ReadyMessage.FromBytes(new byte[5_000_000]));
        await using var wire = await Http2Wire.ConnectAsync(host.Address, (InitialWindow, 70_000));
        await wire.OpenWithMessageAsync(1, TestApi.Raw, []);
        await wire.ReceiveUntilAsync(frame => frame.Type == Http2Wire.Data);
        Assert.Equal(5_000_000, server.SlowReaders.Held.Taken);

        await _clock.PassUntilAsync(wire.ReceiveUntilAsync(frame => frame.Type == Http2Wire.Reset));

        Assert.Equal(0, server.SlowReaders.Held.Taken);
    }

    [Fact]
    public async Task UnaryAnswers_LargeAndTooManyAtOnce_AreRefused()
    {
        await using var host = await StartAsync();
        host.Api.OnRaw = (_, _) => Task.FromResult(ReadyMessage.FromBytes(new byte[20_000_000]));
        await using var wire = await Http2Wire.ConnectAsync(host.Address, (InitialWindow, 70_000));
        await wire.OpenWithMessageAsync(1, TestApi.Raw, []);
        await wire.ReceiveUntilAsync(frame => frame.Type == Http2Wire.Data);

        var call = await RawCall.PostAsync(host.Http(2), TestApi.Raw, "application/grpc", [0, 0, 0, 0, 0]);

        Assert.Equal((StatusCode.Unavailable, "server is busy with large answers"), (call.Status, call.Message));
        Assert.Equal("1", call.Header("retry-after"));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    public async Task UnaryAnswer_Large_ArrivesWhole(int http)
    {
        await using var host = await RpcHost.StartAsync();
        var random = new Random(11);
        var envelopes = Enumerable.Range(0, 300).Select(_ =>
        {
            var bytes = new byte[random.Next(1, 5000)];
            random.NextBytes(bytes);
            return (ReadOnlyMemory<byte>)bytes;
        }).ToList();
        host.Api.OnRaw = (_, _) => Task.FromResult(ReadyMessage.RepeatedField(1, envelopes).AsField(1));

        var call = await RawCall.PostAsync(host.Http(http), TestApi.Raw, http == 1 ? "application/grpc-web" : "application/grpc",
            [0, 0, 0, 0, 0]);

        var expected = RawCall.Frame(ReadyMessage.RepeatedField(1, envelopes).AsField(1).ToContiguous().ToArray());
        Assert.Equal(expected, call.Body[..expected.Length]);
    }

    private async Task<RpcHost> StartAsync()
    {
        var host = await RpcHost.StartAsync(
            options =>
            {
                options.StalledStreamTimeout = TimeSpan.FromSeconds(60);
                options.MaxResponseBytesHeld = RpcOptions.MaxMessageBytes;
            },
            services => services.UseClock(_clock));
        host.Api.OnServerStream = async (_, responses, _) =>
        {
            try
            {
                while (true) await responses.WriteAsync(ReadyMessage.FromBytes(new byte[10_000]));
            }
            catch (Exception exception)
            {
                _ended.SetResult(exception);
                throw;
            }
        };
        return host;
    }

    private static async Task<Http2Wire> OpenAsync(RpcHost host, int stream)
    {
        var wire = await Http2Wire.ConnectAsync(host.Address, (InitialWindow, 0));
        await wire.OpenWithMessageAsync(stream, TestApi.ServerStream, new SubscribeTopicsRequest().ToByteArray());
        return wire;
    }
}
