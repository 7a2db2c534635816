using Xmtp.Xmtpv4.GatewayApi;
using Xmtp.Xmtpv4.PayerApi;
using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>The two methods of a payer gateway, under their old and their new service alike.</summary>
internal sealed class PayerService(
    PublishPlanner planner,
    PublishAuthorization authorization,
    ClientPublisher publisher,
    ListedNodes listed,
    PayerMetrics metrics) : IRpcService
{
    public void Bind(RpcBinder binder)
    {
        Bind(binder.Service(PayerApiReflection.Descriptor, "PayerApi"));
        Bind(binder.Service(GatewayApiReflection.Descriptor, "GatewayApi"));
    }

    private void Bind(RpcServiceBinder service) => service
        .Unary<EnvelopeList, ReadyMessage>("PublishClientEnvelopes", EnvelopeList.Parse, PublishAsync)
        .Unary<GetNodesRequest, ReadyMessage>("GetNodes", (_, context) => listed.GetAsync(context.CancellationToken));

    private async Task<ReadyMessage> PublishAsync(RpcRequest<EnvelopeList> request, RpcContext context)
    {
        var plan = planner.Plan(request.Message.Envelopes);
        await authorization.AuthorizeAsync(plan, context);
        var results = await publisher.PublishAsync(plan, context.CancellationToken);
        if (Array.TrueForAll(results, result => result.IsPublished))
        {
            return EnvelopeList.Write(Array.ConvertAll(results, result => result.Envelope));
        }

        foreach (var result in results)
        {
            if (!result.IsPublished) metrics.Failed(result.Fault);
        }

        throw PublishFailure.Of(results);
    }
}
