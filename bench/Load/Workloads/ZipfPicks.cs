namespace XmtpOrleans.Load.Workloads;

/// <summary>Repeatable picks among ranks whose popularity follows Zipf's law.</summary>
internal sealed class ZipfPicks
{
    private const int Length = 1 << 16;
    private readonly int[] _picks = [];
    private readonly double[] _cumulative;
    private readonly double _exponent;

    /// <param name="ranks">How many there are.</param>
    /// <param name="exponent">Exponent of the law; zero picks all in turn.</param>
    public ZipfPicks(int ranks, double exponent)
    {
        (_cumulative, _exponent) = (new double[ranks], exponent);
        var sum = 0.0;
        for (var rank = 0; rank < ranks; rank++)
        {
            sum += 1 / Math.Pow(rank + 1, exponent);
            _cumulative[rank] = sum;
        }

        if (exponent == 0) return;
        var random = new Random(42);
        _picks = [.. Enumerable.Range(0, Length).Select(_ => At(random.NextDouble()))];
    }

    /// <summary>The pick at a place of a series that repeats after 65,536; cheap.</summary>
    public int Pick(long index) => _exponent == 0 ? (int)(index % _cumulative.Length) : _picks[index % Length];

    /// <summary>The pick at a place of a series that does not repeat.</summary>
    public int Draw(long index)
    {
        if (_exponent == 0) return Pick(index);

        // SplitMix64: each place has its number, whoever asks for it first.
        var mixed = unchecked((ulong)(index + 1) * 0x9E3779B97F4A7C15);
        mixed = unchecked((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9);
        mixed = unchecked((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB);
        return At(((mixed ^ (mixed >> 31)) >> 11) * (1.0 / (1UL << 53)));
    }

    /// <summary>A rank's share of all picks.</summary>
    public double ShareOf(int rank) => (_cumulative[rank] - (rank == 0 ? 0 : _cumulative[rank - 1])) / _cumulative[^1];

    private int At(double share)
    {
        var found = Array.BinarySearch(_cumulative, share * _cumulative[^1]);
        return Math.Min(found < 0 ? ~found : found, _cumulative.Length - 1);
    }
}
