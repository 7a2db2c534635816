using System.Diagnostics.Metrics;
using Grpc.Core;
using XmtpOrleans.Gateway.Rpc.Binding;
using XmtpOrleans.Gateway.Rpc.Bodies;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Calls by method and code, under the names that dashboards of this network already chart.</summary>
internal sealed class RpcMetrics
{
    public const string MeterName = "XmtpOrleans.Rpc";

    private readonly RpcMethodTable _methods;
    private readonly Histogram<double> _duration;
    private readonly TimeProvider _clock;

    public RpcMetrics(IMeterFactory meters, RpcMethodTable methods, RequestBodies bodies, RpcServer server)
    {
        (_methods, _clock) = (methods, server.Clock);
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter("grpc.server.started", () => Each(static counts => counts.Started), null, "Calls started.");
        meter.CreateObservableCounter("grpc.server.handled", Handled, null, "Calls completed, by code.");
        meter.CreateObservableCounter("grpc.server.msg_received", () => Each(static counts => counts.Received), null, "Messages received.");
        meter.CreateObservableCounter("grpc.server.msg_sent", Sent, null, "Messages sent.");
        meter.CreateObservableUpDownCounter("xmtp_api_failed_grpc_requests_counter", Failed, null, "Calls that failed, by code.");
        meter.CreateObservableUpDownCounter("xmtp_api_open_connections_gauge", () => server.Connections, null, "Open connections.");
        meter.CreateObservableUpDownCounter("xmtp.rpc.open", () => Each(static counts => counts.Open), null, "Calls being served.");
        meter.CreateObservableUpDownCounter("xmtp.rpc.request.held", () => bodies.Held.Taken, "By", "Bytes of large requests in memory.");
        meter.CreateObservableUpDownCounter(
            "xmtp.rpc.response.held", () => server.SlowReaders.Held.Taken, "By", "Bytes of large answers being sent.");
        _duration = meter.CreateHistogram(
            "grpc.server.handling", "s", "Time from request headers to the end of the answer; streams are not recorded.", tags: null,
            new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
            });
    }

    /// <summary>Counts a call and takes the time it starts at.</summary>
    public long Start(RpcMethod method)
    {
        method.Counts.Start();
        return _duration.Enabled ? _clock.GetTimestamp() : 0;
    }

    public void End(RpcMethod method, StatusCode code, long started)
    {
        method.Counts.Handle(code);
        if (started == 0 || method.IsStream || !_duration.Enabled) return;

        _duration.Record(_clock.GetElapsedTime(started).TotalSeconds, method.Tags);
    }

    private static KeyValuePair<string, object?> Code(StatusCode code) => new("grpc_code", code.ToString());

    private IEnumerable<Measurement<long>> Each(Func<RpcMethodCounts, long> read) =>
        _methods.Methods.Select(method => new Measurement<long>(read(method.Counts), method.Tags));

    // A unary call that went well has sent one message, which is not counted twice.
    private IEnumerable<Measurement<long>> Sent() => _methods.Methods.Select(method =>
        new Measurement<long>(method.IsStream ? method.Counts.Sent : method.Counts.Handled(StatusCode.OK), method.Tags));

    private IEnumerable<Measurement<long>> Handled() =>
        from method in _methods.Methods
        from code in Enum.GetValues<StatusCode>()
        let count = method.Counts.Handled(code)
        where count > 0
        select new Measurement<long>(count, [.. method.Tags, Code(code)]);

    private IEnumerable<Measurement<long>> Failed() =>
        from code in Enum.GetValues<StatusCode>()
        where code is not StatusCode.OK
        let count = _methods.Methods.Sum(method => method.Counts.Handled(code))
        where count > 0
        select new Measurement<long>(count, Code(code));
}
