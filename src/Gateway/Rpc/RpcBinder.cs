using Google.Protobuf.Reflection;
using XmtpOrleans.Gateway.Rpc.Binding;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Collects the methods of all services.</summary>
internal sealed class RpcBinder
{
    private readonly Dictionary<string, RpcMethod> _methods = [];
    private readonly HashSet<string> _services = [];

    /// <summary>What is bound so far.</summary>
    public IReadOnlyList<RpcMethod> Methods => [.. _methods.Values];

    /// <summary>Whether a service of this full name is bound.</summary>
    public bool HasService(string name) => _services.Contains(name);

    /// <summary>Starts binding the methods of a service defined in <paramref name="file"/>, by its short name.</summary>
    public RpcServiceBinder Service(FileDescriptor file, string name) =>
        new(this, file.FindTypeByName<ServiceDescriptor>(name) ?? throw new RpcBindingException($"{file.Name} defines no service {name}."));

    /// <summary>Serves an already bound method under a second path that no definition names.</summary>
    public void Alias(string service, string method, string of)
    {
        var target = _methods.GetValueOrDefault(of) ?? throw new RpcBindingException($"{of} is not bound, so it can have no alias.");
        Add(target.At(service, method));
    }

    public void Add(RpcMethod method)
    {
        if (!_methods.TryAdd(method.Path, method)) throw new RpcBindingException($"{method.Path} is bound twice.");
        _services.Add(method.Service);
    }
}
