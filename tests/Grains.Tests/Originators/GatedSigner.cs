using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Grains.Tests.Originators;

/// <summary>A signer that tells what it was given, and may be held or broken.</summary>
internal sealed class GatedSigner(ISigner inner) : ISigner
{
    public EthereumAddress Address => inner.Address;

    public List<int> Batches { get; } = [];

    public Func<Task> Before { get; set; } = static () => Task.CompletedTask;

    public async Task<byte[][]> SignAsync(IReadOnlyList<byte[]> unsignedEnvelopes)
    {
        lock (Batches) Batches.Add(unsignedEnvelopes.Count);
        await Before();
        return await inner.SignAsync(unsignedEnvelopes);
    }
}
