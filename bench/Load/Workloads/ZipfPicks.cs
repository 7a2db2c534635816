namespace XmtpOrleans.Load.Workloads;

/// <summary>A repeatable series of picks among ranks whose popularity follows Zipf's law.</summary>
internal sealed class ZipfPicks
{
    private const int Length = 1 << 16;
    private readonly int[] _picks = new int[Length];

    /// <param name="ranks">How many there are.</param>
    /// <param name="exponent">Exponent of the law; zero picks all in turn.</param>
    public ZipfPicks(int ranks, double exponent)
    {
        var cumulative = new double[ranks];
        var sum = 0.0;
        for (var rank = 0; rank < ranks; rank++)
        {
            sum += 1 / Math.Pow(rank + 1, exponent);
            cumulative[rank] = sum;
        }

        var random = new Random(42);
        for (var at = 0; at < Length; at++)
        {
            var found = exponent == 0 ? at % ranks : Array.BinarySearch(cumulative, random.NextDouble() * sum);
            _picks[at] = Math.Min(found < 0 ? ~found : found, ranks - 1);
        }
    }

    /// <summary>The pick at a place of the series; it repeats after 65,536.</summary>
    public int Pick(long index) => _picks[index % Length];
}
