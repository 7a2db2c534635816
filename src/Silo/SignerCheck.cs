using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Silo;

/// <summary>Compares the node's key with its log before anything is signed: what another key signed is nobody's, and stays in the log for ever.</summary>
internal static class SignerCheck
{
    /// <summary>Looks at the newest envelope of the node's own log, if there is one.</summary>
    /// <exception cref="StoreException">Another key signed it; the message is one line that says what to do.</exception>
    public static async Task CheckSignerAsync(this IServiceProvider services, CancellationToken cancellationToken)
    {
        var (store, signer) = (services.GetRequiredService<IEnvelopeStore>(), services.GetRequiredService<ISigner>());
        var own = services.GetRequiredService<IOptions<NodeOptions>>().Value.Originator;
        var mark = (await store.ReadMarksAsync(cancellationToken))[own];
        if (mark == default || await store.ReadEntryAsync(own, mark, cancellationToken) is not { } newest) return;
        if (!SealedEnvelope.TryParse(newest.Bytes, out var envelope, out _) || !envelope.TryRecoverSigner(out var before) || before == signer.Address) return;
        throw new StoreException(
            $"The log of node {own} is signed as {before}, and this key signs as {signer.Address}: give the key of {before}, or another database.");
    }
}
