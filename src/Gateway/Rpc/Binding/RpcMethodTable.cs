using System.Collections.Frozen;

namespace XmtpOrleans.Gateway.Rpc.Binding;

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
    }

    public IReadOnlyList<RpcMethod> Methods { get; }

    /// <summary>The method at a request path, or <see langword="null"/>.</summary>
    public RpcMethod? Find(string path) => _byPath.GetValueOrDefault(path);
}
