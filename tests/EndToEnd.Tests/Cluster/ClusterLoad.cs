using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;
using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.EndToEnd.Tests.Crashes;
using XmtpOrleans.Load.Workloads;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>Clients of a whole cluster at a fixed rate: each publish goes to the next front, is sent again as the very same bytes when nobody answered it,
/// and is looked up on another process as soon as it is answered. A stream on every followed process comes back to where it was.</summary>
internal sealed class ClusterLoad : IAsyncDisposable
{
    private const int Groups = 40;

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan StreamPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(60);

    private readonly ClusterLoadOptions _options;
    private readonly Witness _witness;
    private readonly GroupMessages _messages = ClusterProcesses.Messages(Groups);
    private readonly Dictionary<ClusterProcess, OperatorClient> _clients = [];
    private readonly ConcurrentDictionary<ClusterProcess, ulong> _followed = new();
    private readonly ConcurrentDictionary<Task, bool> _open = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _stopFollowing = new();
    private readonly List<Task> _followers;
    private readonly Task _loop;
    private long _retries;
    private long _slowestMilliseconds;
    private int _turn;

    /// <summary>Begins at once.</summary>
    public ClusterLoad(ClusterLoadOptions options, Witness witness)
    {
        (_options, _witness) = (options, witness);
        foreach (var process in options.Fronts.Concat(options.Gateways).Concat(options.Followed).Distinct())
        {
            _clients.Add(process, new OperatorClient(process.Rpc) { CallLimit = options.AttemptLimit });
        }

        _followers = [.. options.Followed.Select(FollowAsync)];
        _loop = RunAsync();
    }

    /// <summary>When publishes to fronts succeeded.</summary>
    public PublishTimes Published { get; } = new();

    /// <summary>Calls that failed for good, publishes and look-ups, with where and why.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>Attempts that were repeated.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>The longest time from a publish's first attempt to its answer.</summary>
    public TimeSpan Slowest => TimeSpan.FromMilliseconds(Interlocked.Read(ref _slowestMilliseconds));

    /// <summary>Waits until so many more publishes were answered.</summary>
    public async Task WaitForAnswersAsync(int more)
    {
        var target = _witness.Answers + more;
        for (var since = Stopwatch.StartNew(); _witness.Answers < target; await Task.Delay(Beat))
        {
            Assert.False(_loop.IsFaulted, $"The load ended: {_loop.Exception}");
            Assert.True(since.Elapsed < WaitLimit, $"{target - _witness.Answers} answers are missing after {WaitLimit}; errors: {Told(_errors)}");
        }
    }

    /// <summary>The silo whose sequencer publishes come through now; one that stands still is not asked.</summary>
    public async Task<ClusterProcess> SequencerHostAsync(ClusterProcesses cluster, ClusterProcess? without = null)
    {
        for (var since = Stopwatch.StartNew(); since.Elapsed < WaitLimit;)
        {
            var running = cluster.Silos.Where(silo => silo.IsRunning && silo != without).ToList();
            var before = await Task.WhenAll(running.Select(static silo => silo.SequencedAsync()));
            await WaitForAnswersAsync(20);
            var after = await Task.WhenAll(running.Select(static silo => silo.SequencedAsync()));
            var most = Enumerable.Range(0, running.Count).MaxBy(at => after[at] - before[at]);
            if (after[most] > before[most]) return running[most];
        }

        throw new TimeoutException("No silo publishes.");
    }

    /// <summary>Begins no further publish, and returns when all have their answer and every stream has all of them.</summary>
    public async Task FinishAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        await Task.WhenAll(_open.Keys).WaitAsync(WaitLimit);
        var last = _witness.LastShown(ClusterProcesses.NodeId);
        for (var since = Stopwatch.StartNew(); _followed.Any(stream => stream.Value < last); await Task.Delay(Beat))
        {
            Assert.True(
                since.Elapsed < WaitLimit,
                $"Streams are behind {last} after {WaitLimit}: {string.Join(", ", _followed.Select(static stream => $"{stream.Key.Name} at {stream.Value}"))}");
        }
    }

    /// <summary>Some lines of many.</summary>
    public static string Told(IReadOnlyCollection<string> lines) => $"{lines.Count}\n{string.Join('\n', lines.Take(20))}";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _stopFollowing.CancelAsync();
        foreach (var client in _clients.Values) client.Dispose();
        await Task.WhenAll(_followers);
        await Task.WhenAny(Task.WhenAll(_open.Keys.Append(_loop)), Task.Delay(WaitLimit));
        _stop.Dispose();
        _stopFollowing.Dispose();
    }

    private async Task RunAsync()
    {
        var random = new Random(_options.Seed);
        var (started, published, broadcast) = (Stopwatch.StartNew(), 0ul, 0ul);
        while (!_stop.IsCancellationRequested)
        {
            for (var due = started.Elapsed.TotalSeconds * _options.Rate; published < due; published++)
            {
                Open(PublishAsync(_options.Fronts, published, random.Next(), isFront: true));
            }

            for (var due = _options.Gateways.Count == 0 ? 0 : started.Elapsed.TotalSeconds * _options.GatewayRate; broadcast < due; broadcast++)
            {
                Open(PublishAsync(_options.Gateways, (1ul << 40) + broadcast, random.Next(), isFront: false));
            }

            await Task.Delay(Beat);
        }
    }

    private void Open(Task publish)
    {
        _open.TryAdd(publish, value: true);
        _ = publish.ContinueWith(done => _open.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
    }

    private async Task PublishAsync(IReadOnlyList<ClusterProcess> processes, ulong number, int random, bool isFront)
    {
        await Task.Yield();
        var group = (int)(number % Groups);
        var envelope = _messages.PayerEnvelope(group, number);
        var client = ParsedPayerEnvelope.TryParse(envelope, out var parsed, out var refusal) ? parsed.Client.Bytes.ToArray() : throw new InvalidDataException(refusal);
        var since = Stopwatch.StartNew();
        var answer = await RepeatAsync("publish", processes, (process, calls) => isFront ? calls.PublishAsync(envelope) : calls.PublishClientEnvelopesAsync(client));
        if (answer is not var (answered, envelopes)) return;
        if (isFront) Published.Add();
        InterlockedMax(ref _slowestMilliseconds, since.ElapsedMilliseconds);
        _witness.Acknowledge([client], envelopes);
        if (envelopes.Count == 1) await LookUpAsync(answered, envelopes[0], group, random);
    }

    // On another process than answered, first of all a randomly chosen one (I4).
    private async Task LookUpAsync(ClusterProcess answered, byte[] envelope, int group, int random)
    {
        if (_witness.Show("answer", envelope) is not { } stored) return;
        var others = _options.Fronts.Where(front => front != answered).ToList();
        for (var at = random % others.Count; at > 0; at--)
        {
            others.Add(others[0]);
            others.RemoveAt(0);
        }

        var before = stored.Sequence.Value - 1;
        var byTopic = random % 2 == 0;
        var answer = await RepeatAsync("look-up", others, (_, calls) => byTopic
            ? calls.QueryTopicAsync(GroupMessages.Topic(group), ClusterProcesses.NodeId, before, limit: 1)
            : calls.QueryLogAsync(ClusterProcesses.NodeId, before, limit: 1));
        if (answer is not var (reader, found)) return;
        if (found.Count == 1 && found[0].AsSpan().SequenceEqual(envelope)) return;
        _witness.Fault($"{reader.Name} did not show {stored.Sequence} {(byTopic ? "in its topic" : "in the log")} after {answered.Name} had answered with it");
    }

    // Null: given up.
    private async Task<(ClusterProcess Process, IReadOnlyList<byte[]> Envelopes)?> RepeatAsync(
        string what, IReadOnlyList<ClusterProcess> processes, Func<ClusterProcess, OperatorClient, Task<IReadOnlyList<byte[]>>> call)
    {
        var since = Stopwatch.StartNew();
        var turn = what == "publish" ? Interlocked.Increment(ref _turn) : 0;
        for (var (attempt, pause) = (0, FirstPause); ; attempt++, pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var process = processes[(int)((uint)(turn + attempt) % processes.Count)];
            try
            {
                return (process, await call(process, _clients[process]));
            }
            catch (RpcException failure) when (IsPassing(failure))
            {
                if (since.Elapsed + pause < _options.Budget)
                {
                    Interlocked.Increment(ref _retries);
                    await Task.Delay(pause);
                    continue;
                }

                _errors.Enqueue($"{DateTimeOffset.UtcNow:HH:mm:ss.fff} {what} on {process.Name} after {since.Elapsed.TotalSeconds:0.0} s: {failure.StatusCode} {failure.Status.Detail}");
                return null;
            }
            catch (RpcException refusal)
            {
                _witness.Fault($"{what} on {process.Name} was refused: {refusal.Status}");
                return null;
            }
            catch (ObjectDisposedException)
            {
                return null; // the test is over
            }
        }
    }

    private async Task FollowAsync(ClusterProcess process)
    {
        var last = _followed.GetOrAdd(process, 0ul);
        while (!_stopFollowing.IsCancellationRequested)
        {
            try
            {
                await foreach (var frame in _clients[process].FollowLogAsync(ClusterProcesses.NodeId, last, _stopFollowing.Token))
                {
                    foreach (var bytes in frame)
                    {
                        if (_witness.Show($"stream of {process.Name}", bytes) is not { } envelope) continue;
                        if (envelope.Sequence.Value != last + 1) _witness.Fault($"stream of {process.Name}: {envelope.Sequence} follows {last}");
                        _followed[process] = last = envelope.Sequence.Value;
                    }
                }
            }
            catch (RpcException failure) when (IsPassing(failure) || _stopFollowing.IsCancellationRequested)
            {
                await Task.Delay(StreamPause);
            }
            catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException && _stopFollowing.IsCancellationRequested)
            {
                return;
            }
        }
    }

    // A connection that breaks with its server shows as the client's own status, which carries an exception; the server itself says Unavailable.
    private static bool IsPassing(RpcException failure) =>
        failure.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded || failure.Status.DebugException is not null;

    private static void InterlockedMax(ref long target, long value)
    {
        for (var now = Interlocked.Read(ref target); value > now;)
        {
            var seen = Interlocked.CompareExchange(ref target, value, now);
            if (seen == now) return;
            now = seen;
        }
    }
}
