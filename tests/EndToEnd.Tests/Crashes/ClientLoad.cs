using Grpc.Core;
using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.EndToEnd.Tests.Processes;
using XmtpOrleans.Load.Workloads;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Crashes;

/// <summary>Clients of one operator, over all its restarts: payers that repeat the very same publish until it is answered, gateway clients that do the
/// same, and followers that come back to where they were.</summary>
internal sealed class ClientLoad(SiloProcess silo, Witness witness, int seed) : IAsyncDisposable
{
    /// <summary>The node's log.</summary>
    public static readonly OriginatorId Node = new(100);

    private const int Groups = 40;
    private const int MessageLength = 200;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(120);

    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _stopFollowing = new();
    private readonly List<Task> _publishers = [];
    private readonly List<Task> _followers = [];

    /// <summary>The payers that publish to the node.</summary>
    public List<Secp256k1PrivateKey> Payers { get; } = [];

    /// <summary>Adds a payer that publishes so many messages in each request.</summary>
    public void AddPayer(int batch)
    {
        var key = TestKeys.Key(1 + Payers.Count);
        var messages = new GroupMessages(key, Node, Groups, MessageLength, run: (ulong)((seed * 1_000) + Payers.Count));
        Payers.Add(key);
        _publishers.Add(PublishAsync(
            silo.Node,
            number => [.. Enumerable.Range(0, batch).Select(at => messages.PayerEnvelope((int)((number + (ulong)at) % Groups), (number * 100) + (ulong)at))],
            static envelope => ParsedPayerEnvelope.TryParse(envelope, out var payer, out _) ? payer.Client.Bytes.ToArray() : [],
            static (client, envelopes) => client.PublishAsync(envelopes)));
    }

    /// <summary>Adds a client that sends commits of a group through the gateway.</summary>
    public void AddCommitter(int group) => AddGatewayClient(number => TestBroadcasts.Commit($"{seed} {group} {number}", group));

    /// <summary>Adds a client that creates one inbox after the other through the gateway.</summary>
    public void AddRegistrar(int wallets) => AddGatewayClient(number => TestBroadcasts.CreateInbox(TestKeys.Key((wallets * 100_000) + (int)number + 1)));

    /// <summary>Adds a follower of a log, which notices a gap, a repetition and a change.</summary>
    public void AddFollower(OriginatorId originator) => _followers.Add(FollowAsync(originator));

    /// <summary>Waits until so many more requests were answered.</summary>
    public async Task WaitForAnswersAsync(int more)
    {
        var target = witness.Answers + more;
        using var limit = new CancellationTokenSource(WaitLimit);
        while (witness.Answers < target && witness.Faults.Count == 0)
        {
            Assert.False(limit.IsCancellationRequested, $"{target - witness.Answers} answers are missing after {WaitLimit}:\n{silo.Output}");
            Assert.DoesNotContain(_publishers, static publisher => publisher.IsCompleted);
            await Task.Delay(TimeSpan.FromMilliseconds(1));
        }
    }

    /// <summary>Begins no further publish, and returns when all have their answer.</summary>
    public async Task FinishAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_publishers).WaitAsync(WaitLimit);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _stopFollowing.CancelAsync();
        await Task.WhenAll(_followers);
        await Task.WhenAny(Task.WhenAll(_publishers), Task.Delay(TimeSpan.FromSeconds(40)));
        _stop.Dispose();
        _stopFollowing.Dispose();
    }

    private void AddGatewayClient(Func<ulong, byte[]> envelope) => _publishers.Add(PublishAsync(
        silo.Gateway, number => [envelope(number)], static sent => sent, static (client, envelopes) => client.PublishClientEnvelopesAsync(envelopes)));

    private async Task PublishAsync(
        Uri address,
        Func<ulong, byte[][]> request,
        Func<byte[], byte[]> clientEnvelopeOf,
        Func<OperatorClient, byte[][], Task<IReadOnlyList<byte[]>>> publish)
    {
        using var client = new OperatorClient(address);
        for (var number = 0ul; !_stop.IsCancellationRequested; number++)
        {
            var envelopes = request(number);
            while (await TryAsync(() => publish(client, envelopes)) is var answers)
            {
                if (answers is not null)
                {
                    witness.Acknowledge([.. envelopes.Select(clientEnvelopeOf)], answers);
                    break;
                }

                await Task.Delay(Pause);
            }
        }
    }

    // Null: not answered, to be repeated.
    private async Task<IReadOnlyList<byte[]>?> TryAsync(Func<Task<IReadOnlyList<byte[]>>> publish)
    {
        try
        {
            return await publish();
        }
        catch (RpcException failure) when (IsPassing(failure))
        {
            return null;
        }
        catch (RpcException refusal)
        {
            witness.Fault($"refused: {refusal.Status}");
            throw;
        }
    }

    private async Task FollowAsync(OriginatorId originator)
    {
        using var client = new OperatorClient(silo.Node);
        var last = 0ul;
        while (!_stopFollowing.IsCancellationRequested)
        {
            try
            {
                await foreach (var frame in client.FollowLogAsync(originator, last, _stopFollowing.Token))
                {
                    foreach (var bytes in frame)
                    {
                        if (witness.Show("stream", bytes) is not { } envelope) continue;
                        if (envelope.Originator != originator) witness.Fault($"stream of {originator}: an envelope of {envelope.Originator}");
                        if (envelope.Sequence.Value != last + 1) witness.Fault($"stream of {originator}: {envelope.Sequence} follows {last}");
                        last = envelope.Sequence.Value;
                    }
                }
            }
            catch (RpcException failure) when (IsPassing(failure) || _stopFollowing.IsCancellationRequested)
            {
                await Task.Delay(Pause);
            }
            catch (OperationCanceledException) when (_stopFollowing.IsCancellationRequested)
            {
                return;
            }
        }
    }

    // A connection that breaks with its server shows as the client's own status, which carries an exception; the server itself says Unavailable.
    private static bool IsPassing(RpcException failure) =>
        failure.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded || failure.Status.DebugException is not null;
}
