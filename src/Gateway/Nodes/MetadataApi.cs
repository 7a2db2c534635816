using Xmtp.Xmtpv4.MetadataApi;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Topics;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Cursors;

namespace XmtpOrleans.Gateway.Nodes;

/// <summary>What a node tells about itself: how far its logs reach, its version, what payers used.</summary>
internal sealed class MetadataApi(IFeed feed, INodeReader reader, IEnvelopeStore store, NodeApiOptions options, TimeProvider clock)
{
    private const int MinutesPerHour = 60;
    private const int MinutesPerDay = 24 * MinutesPerHour;
    private const int MaxPayers = 1_000;
    private static readonly TimeSpan RepeatInterval = TimeSpan.FromSeconds(30); // fixed in the network (02 §15)

    public async Task<GetSyncCursorResponse> GetSyncCursorAsync(RpcRequest<GetSyncCursorRequest> request, RpcContext context) =>
        new() { LatestSync = (await reader.ReadMarksAsync(context.CancellationToken)).ToWire() };

    public async Task SubscribeSyncCursorAsync(RpcRequest<GetSyncCursorRequest> request, RpcStreamWriter responses, RpcContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        await using var marks = feed.FollowMarksAsync(ended.Token).GetAsyncEnumerator(ended.Token);
        var next = marks.MoveNextAsync().AsTask();
        var latest = Cursor.Empty; // an enumerator has no current value while it moves
        try
        {
            while (true)
            {
                var isChange = await CompletesAsync(next, ended.Token);
                if (isChange)
                {
                    if (!await next) return;
                    latest = marks.Current;
                    next = marks.MoveNextAsync().AsTask();
                }

                await responses.WriteAsync(new GetSyncCursorResponse { LatestSync = latest.ToWire() });
            }
        }
        finally
        {
            await ended.CancelAsync();
            await Task.WhenAny(next); // an enumerator must not be disposed while it moves
        }
    }

    public Task<GetVersionResponse> GetVersionAsync(RpcRequest<GetVersionRequest> request, RpcContext context) =>
        Task.FromResult(new GetVersionResponse { Version = options.Version });

    public async Task<GetPayerInfoResponse> GetPayerInfoAsync(RpcRequest<GetPayerInfoRequest> request, RpcContext context)
    {
        var addresses = request.Message.PayerAddresses;
        if (addresses.Count == 0) throw RpcErrors.InvalidArgument("payer_addresses cannot be empty");
        if (addresses.Count > MaxPayers) throw RpcErrors.InvalidArgument($"too many payer_addresses: {addresses.Count}, at most {MaxPayers}");

        var period = request.Message.Granularity == PayerInfoGranularity.Day ? MinutesPerDay : MinutesPerHour;
        var response = new GetPayerInfoResponse();
        foreach (var text in addresses)
        {
            var usage = EthereumAddress.TryParse(text, out var payer)
                ? await store.ReadUsageAsync(payer, period, context.CancellationToken)
                : null;
            response.PayerInfo[text] = Summarise(usage ?? throw RpcErrors.NotFound($"payer address not found: {text}"));
        }

        return response;
    }

    private static GetPayerInfoResponse.Types.PayerInfo Summarise(IReadOnlyList<UsagePeriod> usage)
    {
        var info = new GetPayerInfoResponse.Types.PayerInfo();
        foreach (var period in usage)
        {
            info.PeriodSummaries.Add(new GetPayerInfoResponse.Types.PeriodSummary
            {
                AmountSpentPicodollars = (ulong)period.SpendPicodollars,
                NumMessages = (ulong)period.Messages,
                PeriodStartUnixSeconds = (ulong)period.StartMinute * 60,
            });
        }

        return info;
    }

    private async Task<bool> CompletesAsync(Task next, CancellationToken cancellationToken)
    {
        using var repeat = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = await Task.WhenAny(next, Task.Delay(RepeatInterval, clock, repeat.Token));
        await repeat.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return first == next;
    }
}
