using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Identity;

// Damaged forms of every kind of update: nothing may escape but a refusal, and no allocation may follow a length that only claims to be there.
public sealed class HostileIdentityUpdateTests
{
    private static readonly byte[][] Seeds =
    [
        .. Vectors.LoadJson("identity/identity-updates.json").GetProperty("scenarios").EnumerateArray()
            .SelectMany(static scenario => scenario.GetProperty("steps").EnumerateArray())
            .Select(static step => Convert.FromHexString(step.GetProperty("identity_update_hex").GetString()!)),
    ];

    [Fact]
    public void Apply_DamagedUpdates_NeverThrows()
    {
        const int seed = 5_3;
        var (random, parsed, verified) = (new Random(seed), 0, 0);
        for (var round = 0; round < 4000; round++)
        {
            var bytes = Damage(random, Seeds[random.Next(Seeds.Length)]);
            if (!ParsedIdentityUpdate.TryParse(bytes, out var update, out var refusal))
            {
                Assert.NotEmpty(refusal.Message);
                continue;
            }

            parsed++;
            if (!update.TryVerify(out var checkedUpdate, out refusal))
            {
                Assert.NotEmpty(refusal.Message);
                continue;
            }

            verified++;
            checkedUpdate.TryApplyStored(null, out _, out _);
        }

        Assert.True(parsed > 200 && verified > 50, $"seed {seed}: only {parsed} parsed and {verified} verified, the damage is too great to test anything");
    }

    [Fact]
    public void TryParse_RandomBytes_GivesAnUpdateOrARefusal()
    {
        var random = new Random(54);
        for (var round = 0; round < 50_000; round++)
        {
            var bytes = new byte[random.Next(64)];
            random.NextBytes(bytes);
            Assert.Equal(ParsedIdentityUpdate.TryParse(bytes, out var update, out var refusal), update is not null);
            Assert.NotEqual(update is null, refusal is null);
        }
    }

    [Theory]
    [InlineData("0affffffff07")]
    [InlineData("1affffffffffffffffff01")]
    [InlineData("0a06ffffffff0f00")]
    public void TryParse_LengthBeyondTheEnd_AllocatesLittle(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        Assert.False(ParsedIdentityUpdate.TryParse(bytes, out _, out var refusal)); // the first call also builds what later ones share
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(ParsedIdentityUpdate.TryParse(bytes, out _, out refusal));
        Assert.Equal(IdentityRefusalKind.Undecodable, refusal.Kind);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 2_000);
    }

    private static byte[] Damage(Random random, byte[] source)
    {
        var bytes = source.ToArray();
        switch (random.Next(4))
        {
            case 0:
                return bytes[..random.Next(bytes.Length)];
            case 1:
                var (start, length) = (random.Next(bytes.Length), random.Next(8));
                return [.. bytes[..start], .. bytes[start..Math.Min(bytes.Length, start + length)], .. bytes[start..]];
            default:
                for (var flips = random.Next(1, 4); flips > 0; flips--)
                {
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                }

                return bytes;
        }
    }
}
