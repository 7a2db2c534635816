using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Measures how long a connection to each node takes, for the <see cref="NodeSelection.Closest"/> strategy; idle under any other. Nobody waits
/// for it: a node that was not measured counts as the slowest.</summary>
internal sealed class NodeLatencies(NodeDirectory nodes, IOptions<PayerOptions> options, TimeProvider clock) : BackgroundService
{
    // New nodes, and those that did not answer, are looked for this often.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<NodeLink, Measured> _measured = new();

    /// <summary>The nodes that may be chosen: those preferred, or all when none of them is registered.</summary>
    public IReadOnlyList<NodeLink> Candidates(IReadOnlyList<NodeLink> links)
    {
        var preferred = links.Where(link => options.Value.PreferredIds.Contains(link.Id)).ToList();
        return preferred.Count > 0 ? preferred : links;
    }

    /// <summary>What was measured last; the longest time there is when nothing was.</summary>
    public TimeSpan Of(NodeLink link) => _measured.TryGetValue(link, out var measured) ? measured.Latency : TimeSpan.MaxValue;

    /// <summary>Measures, all at once, what was not measured for the configured time.</summary>
    public Task MeasureAsync(CancellationToken cancellationToken)
    {
        var candidates = Candidates(nodes.Links);
        foreach (var gone in _measured.Keys.Except(candidates)) _measured.TryRemove(gone, out _);
        return Task.WhenAll(candidates.Where(IsDue).Select(link => MeasureAsync(link, cancellationToken)));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.NodeSelection != NodeSelection.Closest) return;
        try
        {
            while (true)
            {
                await MeasureAsync(stoppingToken);

                // Gateways that started together must not measure together.
                await Task.Delay(Pause * (0.8 + (Random.Shared.NextDouble() * 0.4)), clock, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
    }

    private bool IsDue(NodeLink link) =>
        !_measured.TryGetValue(link, out var measured) || clock.GetElapsedTime(measured.At) >= options.Value.LatencyExpiry;

    private async Task MeasureAsync(NodeLink link, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Value.LatencyTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var started = clock.GetTimestamp();
        try
        {
            await link.ConnectAsync(either.Token);
            _measured[link] = new Measured(clock.GetElapsedTime(started), clock.GetTimestamp());
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _measured.TryRemove(link, out _);
        }
    }

    private readonly record struct Measured(TimeSpan Latency, long At);
}
