using Grpc.AspNetCore.Server.Model;

namespace XmtpOrleans.Gateway.Rpc.Binding;

/// <summary>Shows the bound methods to the gRPC server.</summary>
internal sealed class RpcGrpcBinding(RpcMethodTable methods) : IServiceMethodProvider<RpcMethodTable>
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<RpcMethodTable> context)
    {
        foreach (var method in methods.Methods)
        {
            method.AddTo(context);
        }
    }
}
