using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection;
using V1 = Grpc.Reflection.V1;
using V1Alpha = Grpc.Reflection.V1Alpha;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>
/// Tells tools which services there are, in both versions of the reflection protocol that are in use. Off unless configured.
/// </summary>
internal sealed class RpcReflection(RpcServer server) : IRpcService
{
    private RpcBinder? _bound;

    public void Bind(RpcBinder binder)
    {
        if (!server.Options.Reflection) return;

        _bound = binder;
        binder.Service(V1.ReflectionReflection.Descriptor, "ServerReflection")
            .Duplex<V1.ServerReflectionRequest>("ServerReflectionInfo", (requests, responses, context) =>
                new ReflectionV1ServiceImpl(Services()).ServerReflectionInfo(
                    new Requests<V1.ServerReflectionRequest>(requests, context),
                    new Responses<V1.ServerReflectionResponse>(responses),
                    NoContext));
        binder.Service(V1Alpha.ReflectionReflection.Descriptor, "ServerReflection")
            .Duplex<V1Alpha.ServerReflectionRequest>("ServerReflectionInfo", (requests, responses, context) =>
                new ReflectionServiceImpl(Services()).ServerReflectionInfo(
                    new Requests<V1Alpha.ServerReflectionRequest>(requests, context),
                    new Responses<V1Alpha.ServerReflectionResponse>(responses),
                    NoContext));
    }

    // The library's implementation takes a context and never looks at it.
    private static ServerCallContext NoContext => null!;

    private IEnumerable<ServiceDescriptor> Services() =>
        _bound!.Methods.Select(method => method.Descriptor.Service).DistinctBy(service => service.FullName);

    private sealed class Requests<T>(IRpcStreamReader<T> requests, RpcContext context) : IAsyncStreamReader<T>
    {
        public T Current { get; private set; } = default!;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            // The library passes no token.
            if (await requests.ReadAsync(context.CancellationToken) is not { } request) return false;

            Current = request.Message;
            return true;
        }
    }

    private sealed class Responses<T>(RpcStreamWriter responses) : IServerStreamWriter<T>
        where T : IMessage
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(T message) => responses.WriteAsync(message).AsTask();
    }
}
