using Google.Protobuf.WellKnownTypes;
using Xmtp.Migration.Api.V1;
using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Nodes;

/// <summary>Tells clients of the older network when to switch to this one: at once.</summary>
internal static class MigrationApi
{
    public static Task<FetchD14nCutoverResponse> FetchCutoverAsync(RpcRequest<Empty> request, RpcContext context) =>
        Task.FromResult(new FetchD14nCutoverResponse { TimestampNs = 0 });
}
