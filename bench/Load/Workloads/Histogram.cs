using System.Numerics;

namespace XmtpOrleans.Load.Workloads;

/// <summary>Latencies in buckets about 1.6 % wide, from a microsecond up; cheap enough to take every sample. One writer.</summary>
internal sealed class Histogram
{
    private const int SubBits = 6;
    private readonly long[] _counts = new long[(64 - SubBits) << SubBits];

    /// <summary>Samples taken.</summary>
    public long Count { get; private set; }

    /// <summary>Greatest sample in microseconds.</summary>
    public long Max { get; private set; }

    /// <summary>Takes a sample.</summary>
    public void Add(long microseconds)
    {
        var value = Math.Max(0, microseconds);
        _counts[Index(value)]++;
        Count++;
        Max = Math.Max(Max, value);
    }

    /// <summary>Takes over another's samples.</summary>
    public void Add(Histogram other)
    {
        for (var index = 0; index < _counts.Length; index++)
        {
            _counts[index] += other._counts[index];
        }

        Count += other.Count;
        Max = Math.Max(Max, other.Max);
    }

    /// <summary>The value in microseconds that this share of the samples does not exceed; zero without samples.</summary>
    public long Quantile(double share)
    {
        var rank = (long)Math.Ceiling(share * Count);
        long seen = 0;
        for (var index = 0; index < _counts.Length; index++)
        {
            seen += _counts[index];
            if (seen >= rank && seen > 0) return Math.Min(Value(index), Max);
        }

        return Max;
    }

    private static int Index(long value)
    {
        if (value < 1 << SubBits) return (int)value;
        var shift = BitOperations.Log2((ulong)value) - SubBits;
        return ((shift + 1) << SubBits) + (int)((value >> shift) - (1 << SubBits));
    }

    private static long Value(int index)
    {
        if (index < 1 << SubBits) return index;
        var shift = (index >> SubBits) - 1;
        return (((long)(index & ((1 << SubBits) - 1)) + (1 << SubBits) + 1) << shift) - 1;
    }
}
