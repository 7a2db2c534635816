using System.Collections.Frozen;
using Google.Protobuf.Reflection;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Every method this server answers, by path.</summary>
internal sealed class RpcMethodTable
{
    private readonly FrozenDictionary<string, RpcMethod> _byPath;

    /// <summary>Binds all services. Fails when a name, shape or message differs from the definition, or a path is bound twice.</summary>
    public RpcMethodTable(IEnumerable<IRpcService> services)
    {
        var binder = new RpcBinder();
        foreach (var service in services)
        {
            service.Bind(binder);
        }

        Methods = binder.Methods;
        _byPath = Methods.ToFrozenDictionary(method => method.Path);
        ServiceNames = Methods.Select(method => method.Service).ToFrozenSet();
        Services = [.. Methods.Select(method => method.Descriptor.Service).DistinctBy(service => service.FullName)];
    }

    public IReadOnlyList<RpcMethod> Methods { get; }

    /// <summary>Full names of the services that have at least one method.</summary>
    public FrozenSet<string> ServiceNames { get; }

    /// <summary>Definitions of the services, aliases left out.</summary>
    public IReadOnlyList<ServiceDescriptor> Services { get; }

    /// <summary>The method at a request path, or <see langword="null"/>.</summary>
    public RpcMethod? Find(string path) => _byPath.GetValueOrDefault(path);
}
