using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Hosting;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>The links to the registered nodes, rebuilt as the registry changes.</summary>
internal sealed class NodeDirectory(INodeRegistry registry, INodeResolver resolver, IOptions<PayerOptions> options, TimeProvider clock) : IDisposable
{
    private readonly Lock _rebuilding = new();
    private volatile Snapshot _current = new([], []);
    private bool _disposed;

    /// <summary>Links to all usable nodes, ascending by id. Read once per request and keep the value.</summary>
    public IReadOnlyList<NodeLink> Links
    {
        get
        {
            var registered = registry.Current;
            var current = _current;
            return ReferenceEquals(current.Registered, registered) ? current.Links : Rebuild(registered);
        }
    }

    /// <summary>Links to the nodes that clients may be sent to: those seen healthy within the last seconds.</summary>
    public IReadOnlyList<NodeLink> Healthy
    {
        get
        {
            var links = Links;
            var within = options.Value.HealthyFor;
            return links.All(link => link.IsHealthy(within)) ? links : [.. links.Where(link => link.IsHealthy(within))];
        }
    }

    public void Dispose()
    {
        lock (_rebuilding)
        {
            _disposed = true;
            foreach (var link in _current.Links)
            {
                link.Dispose();
            }

            _current = new Snapshot([], []);
        }
    }

    private NodeLink[] Rebuild(IReadOnlyList<RegisteredNode> registered)
    {
        lock (_rebuilding)
        {
            var current = _current;
            if (ReferenceEquals(current.Registered, registered)) return current.Links;
            ObjectDisposedException.ThrowIf(_disposed, this);

            var known = current.Links.ToDictionary(link => link.Node);
            NodeLink[] links =
            [
                .. registered
                    .Where(node => node.Url.Scheme == Uri.UriSchemeHttp || node.Url.Scheme == Uri.UriSchemeHttps)
                    .OrderBy(node => node.Id)
                    .Select(node => known.Remove(node, out var link) ? link : new NodeLink(node, resolver, clock)),
            ];
            _current = new Snapshot(registered, links);
            foreach (var removed in known.Values)
            {
                removed.Dispose(); // calls under way fail as if the node had gone, and are tried elsewhere
            }

            return links;
        }
    }

    private sealed record Snapshot(IReadOnlyList<RegisteredNode> Registered, NodeLink[] Links);
}
