using System.Security.Cryptography;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Simulation;

/// <summary>A key service: slow and broken at random. Its signatures are digests, different for different bytes.</summary>
internal sealed class SimSigner(World world, Faults faults) : ISigner
{
    private static readonly EthereumAddress Account = TestKeys.Key(100).Address;

    private readonly SimTurns _turns = new(world, "signer");
    private readonly SimClock _clock = new(world);

    public bool IsHealed { get; set; }

    public EthereumAddress Address => Account;

    public Task<byte[][]> SignAsync(IReadOnlyList<byte[]> unsignedEnvelopes) => _turns.RunAsync(async () =>
    {
        await Task.Delay(world.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(5)), _clock, CancellationToken.None);
        if (!IsHealed && world.Chance(faults.SignerFails)) throw new InvalidOperationException("the key service is away");
        return unsignedEnvelopes.Select(Sign).ToArray();
    });

    private static byte[] Sign(byte[] unsigned) => [.. SHA256.HashData(unsigned), .. SHA256.HashData(unsigned), 0];
}
