using System.Diagnostics;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Load.Workloads;

/// <summary>How the rows of a real network lie (02 §22.3): many topics, a few of them busy, and most of the rows in one log.</summary>
internal static class Skew
{
    /// <summary>Topics of the rows.</summary>
    public const int Topics = 53_000;

    /// <summary>Exponent of the topics' share of the rows.</summary>
    public const double Zipf = 1;

    /// <summary>One row of so many brings an address.</summary>
    public const int RowsPerAddress = 100;

    private const int OwnPercent = 76;

    /// <summary>Logs of other nodes, with the keys that sign them.</summary>
    private static readonly (OriginatorId Log, Secp256k1PrivateKey Key)[] Peers = [.. Enumerable.Range(2, 4).Select(number => (
        new OriginatorId((uint)number * 100),
        Secp256k1PrivateKey.TryParse(new string((char)('0' + number), 64), out var key) ? key : throw new UnreachableException()))];

    /// <summary>The logs and how many of so many rows each gets.</summary>
    public static IEnumerable<(OriginatorId Log, Secp256k1PrivateKey Key, long Rows)> Split(OriginatorId own, Secp256k1PrivateKey key, long rows)
    {
        var rest = rows * (100 - OwnPercent) / 100 / Peers.Length;
        yield return (own, key, rows - (rest * Peers.Length));
        foreach (var peer in Peers) yield return (peer.Log, peer.Key, rest);
    }
}
