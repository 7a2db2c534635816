using System.Text;
using Google.Rpc;
using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>The one status of a request of which not every envelope was published: the answer has no place for a status of each.</summary>
internal static class PublishFailure
{
    private const string Domain = "xmtp.payer";

    /// <summary>The refusal. Its details list the failed indexes by code; the envelopes not listed are published, and known when sent again.</summary>
    public static RpcRefusalException Of(IReadOnlyList<PublishResult> results)
    {
        var failed = Enumerable.Range(0, results.Count)
            .Where(index => !results[index].IsPublished)
            .Select(index => (Index: index, Fault: results[index].Fault!))
            .ToList();

        // A permanent fault decides: sending again would not help the request as a whole.
        var worst = failed.FirstOrDefault(failure => failure.Fault.IsPermanent, failed[0]);
        var text = results.Count == 1
            ? worst.Fault.Text
            : $"{failed.Count} of {results.Count} envelopes were not published; index {worst.Index}: {worst.Fault.Text}";
        var details = failed
            .GroupBy(failure => failure.Fault.Code, failure => failure.Index)
            .Select(group => new ErrorInfo
            {
                Domain = Domain,
                Reason = NameOf(group.Key),
                Metadata = { ["indexes"] = Ranges([.. group]) },
            });
        return RpcErrors.Failure(worst.Fault.Code, text, worst.Fault.RetryAfter, details);
    }

    // As in "0-3,7": ranges, because the details have to fit into the trailers.
    private static string Ranges(IReadOnlyList<int> ascending)
    {
        var text = new StringBuilder();
        for (var at = 0; at < ascending.Count;)
        {
            var end = at;
            while (end + 1 < ascending.Count && ascending[end + 1] == ascending[end] + 1)
            {
                end++;
            }

            if (text.Length > 0) text.Append(',');
            text.Append(ascending[at]);
            if (end > at) text.Append('-').Append(ascending[end]);
            at = end + 1;
        }

        return text.ToString();
    }

    private static string NameOf(Grpc.Core.StatusCode code) => ((Code)code) switch
    {
        Code.InvalidArgument => "INVALID_ARGUMENT",
        Code.FailedPrecondition => "FAILED_PRECONDITION",
        Code.PermissionDenied => "PERMISSION_DENIED",
        Code.Unauthenticated => "UNAUTHENTICATED",
        Code.OutOfRange => "OUT_OF_RANGE",
        Code.Unimplemented => "UNIMPLEMENTED",
        Code.ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code.DeadlineExceeded => "DEADLINE_EXCEEDED",
        _ => "UNAVAILABLE",
    };
}
