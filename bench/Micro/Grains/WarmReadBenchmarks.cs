using BenchmarkDotNet.Attributes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Topics;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Micro.Grains;

/// <summary>Reads of warm topics and remembered addresses, without the RPC front.</summary>
[MemoryDiagnoser]
public class WarmReadBenchmarks
{
    private static readonly Topic[] Topics = [TestPublishes.Group()];
    private static readonly string[] Addresses = [TestKeys.Key(1).Address.ToString()];
    private NodeUnderTest _node = null!;
    private INodeReader _reader = null!;
    private Cursor _near = null!;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _node = await NodeUnderTest.StartAsync();
        await _node.PublishAsync([.. Enumerable.Range(0, 100).Select(number => TestPublishes.Entry($"{number}", Topics[0]))]);
        _reader = _node.Get<INodeReader>();
        _near = Cursor.Of(TestPublishes.Node, new SequenceId(95));
        for (var read = 0; read < 3; read++)
        {
            await QueryFive();
            await Newest();
        }
    }

    [Benchmark]
    public async Task<EntryPage> QueryFive() => await _reader.QueryTopicsAsync(Topics, _near, new PageLimit(5, 1 << 20), CancellationToken.None);

    [Benchmark]
    public async Task<EntryPage> QueryNothingNew() =>
        await _reader.QueryTopicsAsync(Topics, Cursor.Of(TestPublishes.Node, new SequenceId(100)), new PageLimit(100, 1 << 20), CancellationToken.None);

    [Benchmark]
    public async Task<IReadOnlyList<LogEntry?>> Newest() => await _reader.NewestAsync(Topics, CancellationToken.None);

    [Benchmark]
    public async Task<IReadOnlyList<InboxId?>> InboxIds() => await _reader.InboxIdsAsync(Addresses, CancellationToken.None);

    [GlobalCleanup]
    public Task CleanupAsync() => _node.DisposeAsync().AsTask();
}
