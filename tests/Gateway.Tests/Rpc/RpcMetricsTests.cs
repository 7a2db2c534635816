using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Gateway.Rpc.Binding;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class RpcMetricsTests
{
    private readonly ConcurrentDictionary<string, double> _seen = [];

    [Fact]
    public async Task Calls_AreCountedByMethodAndCode()
    {
        await using var host = await RpcHost.StartAsync();
        using var listener = Listen(host);
        await host.Invoker().Unary("a");
        await Assert.ThrowsAsync<RpcException>(async () => await host.Invoker().Unary("busy"));
        await RawCall.PostAsync(host.Http(2), TestApi.Unary, "application/grpc", RawCall.Frame([0xff]));
        await RawCall.PostAsync(host.Http(), TestApi.Unary, "application/json", """{"requests":[{"identifier":"invalid"}]}"""u8.ToArray());
        await Eventually.TrueAsync(() => Method(host, TestApi.Unary).Counts.Open == 0, "all calls have ended");

        listener.RecordObservableInstruments();

        const string Service = "grpc_service=xmtp.xmtpv4.message_api.QueryApi,grpc_method=GetInboxIds,grpc_type=unary";
        Assert.Equal(4, _seen[$"grpc.server.started|{Service}"]);
        Assert.Equal(1, _seen[$"grpc.server.handled|{Service},grpc_code=OK"]);
        Assert.Equal(1, _seen[$"grpc.server.handled|{Service},grpc_code=Unavailable"]);
        Assert.Equal(2, _seen[$"grpc.server.handled|{Service},grpc_code=InvalidArgument"]);
        Assert.Equal(2, _seen["xmtp_api_failed_grpc_requests_counter|grpc_code=InvalidArgument"]);
        Assert.Equal(4, _seen[$"grpc.server.handling|{Service}"]);
    }

    [Fact]
    public async Task Streams_AreCountedByMessageAndWhileOpen()
    {
        await using var host = await RpcHost.StartAsync();
        using var listener = Listen(host);
        using var call = host.Invoker().Stream("a", "b", "idle");
        await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);

        listener.RecordObservableInstruments();

        const string Method = "grpc_service=xmtp.xmtpv4.message_api.QueryApi,grpc_method=SubscribeTopics,grpc_type=server_stream";
        Assert.Equal(1, _seen[$"xmtp.rpc.open|{Method}"]);
        Assert.Equal(1, _seen[$"grpc.server.msg_sent|{Method}"]);
        Assert.Equal(1, _seen[$"grpc.server.msg_received|{Method}"]);
        Assert.Equal(1, _seen["xmtp_api_open_connections_gauge|"]);
    }

    [Fact]
    public async Task UnknownMethods_AddNoNames()
    {
        await using var host = await RpcHost.StartAsync();
        using var listener = Listen(host);
        await RawCall.PostAsync(host.Http(2), "/random.Name/Here", "application/grpc", []);

        listener.RecordObservableInstruments();

        Assert.DoesNotContain(_seen.Keys, name => name.Contains("random", StringComparison.Ordinal));
    }

    private static RpcMethod Method(RpcHost host, string path) => host.Services.GetRequiredService<RpcMethodTable>().Find(path)!;

    private MeterListener Listen(RpcHost host)
    {
        var meter = host.Services.GetRequiredService<IMeterFactory>().Create(RpcMetrics.MeterName);
        host.Services.GetRequiredService<RpcMetrics>();
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (ReferenceEquals(instrument.Meter, meter)) listening.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => _seen[Name(instrument, tags)] = value);
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) =>
            _seen.AddOrUpdate(Name(instrument, tags), 1, (_, count) => count + 1));
        listener.Start();
        return listener;
    }

    private static string Name(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        $"{instrument.Name}|{string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))}";
}
