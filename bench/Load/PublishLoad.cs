using System.Diagnostics;
using System.Security.Cryptography;
using XmtpOrleans.Load.Reports;
using XmtpOrleans.Load.Workloads;
using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Load;

/// <summary>Publishes as fast as the node answers, or at a rate.</summary>
/// <param name="Batch">Envelopes in a request.</param>
/// <param name="Size">Bytes of MLS message.</param>
/// <param name="Rate">Requests each second; zero is a closed loop.</param>
/// <param name="Expected">Envelopes each second that a closed loop may reach: so many are signed beforehand.</param>
/// <param name="OfClients">Whether a payer gateway is given client envelopes, instead of a node payer envelopes.</param>
internal sealed record PublishLoad(int Batch, int Size, double Rate, double Expected, bool OfClients)
{
    private const string NodePath = "/xmtp.xmtpv4.message_api.ReplicationApi/PublishPayerEnvelopes";
    private const string GatewayPath = "/xmtp.xmtpv4.payer_api.PayerApi/PublishClientEnvelopes";

    /// <summary>Signs, publishes, reports.</summary>
    public static Task<int> RunAsync(LoadTarget target, PublishLoad load, string command) =>
        LoadSession.RunAsync(target, $"publish-{load.Batch}", command, "envelopes", (index, progress) => Run(target, load, index, progress));

    /// <summary>Signs, then publishes once.</summary>
    public static RunRecord Run(LoadTarget target, PublishLoad load, int index, Action<string, double> progress)
    {
        var seconds = target.WarmUp.TotalSeconds + target.Duration.TotalSeconds + 1;
        var count = (int)Math.Ceiling(seconds * (load.Rate > 0 ? load.Rate : load.Expected / load.Batch));
        var messages = new GroupMessages(LoadKey.Payer, target.NodeId, target.Topics, load.Size, LoadKey.NewRun());
        var requests = messages.Requests(count, load.Batch, new Progress<double>(share => progress($"run {index + 1}: signing", share)), load.OfClients);
        var next = -1;
        var plan = new CallPlan
        {
            Path = load.OfClients ? GatewayPath : NodePath,
            Connections = target.Connections,
            InFlight = target.InFlight,
            Rate = load.Rate,
            WarmUp = target.WarmUp,
            Duration = target.Duration,
            Next = (long _, out ReadOnlyMemory<byte> message, out int envelopes) =>
            {
                var at = Interlocked.Increment(ref next);
                (message, envelopes) = (at < requests.Length ? requests[at] : default(ReadOnlyMemory<byte>), load.Batch);
                return at < requests.Length;
            },
        };
        GC.Collect(); // what signing left behind must not be collected while the clock runs
        var result = CallRun.Execute(target.Nodes, plan, target.Processors, (at, total) =>
            progress($"run {index + 1}: {total * load.Batch / Math.Max(at, 0.1):N0} envelopes/s", at / (seconds - 1)));
        if (next >= requests.Length) throw new LoadException("all signed requests were used up: raise --expect");
        return LoadSession.Record($"publish, {load.Batch} a request", "envelopes", result, result.EnvelopesPerSecond);
    }
}

/// <summary>The payer of load runs.</summary>
internal static class LoadKey
{
    /// <summary>A fixed key: load runs against a store that holds their own earlier runs.</summary>
    public static Secp256k1PrivateKey Payer { get; } =
        Secp256k1PrivateKey.TryParse(new string('7', 64), out var key) ? key : throw new UnreachableException();

    /// <summary>A number that no other run has, so that no message repeats one of an earlier run.</summary>
    public static ulong NewRun() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
}
