using System.Globalization;

namespace XmtpOrleans.Testing;

/// <summary>Feeds a parser hostile variations of good inputs, and fails with the input when it throws or allocates without measure.</summary>
/// <remarks>
/// Every run of the suite takes a short sample. The long one, on demand, for all parsers or one:
/// <c>XMTP_FUZZ_INPUTS=10000000 dotnet test --project tests/Protocol.Tests --filter-class '*FuzzTests'</c>.
/// <c>XMTP_FUZZ_SEED</c> repeats a run; a failure names its seed.
/// </remarks>
public sealed class FuzzCorpus
{
    private const int DefaultInputs = 20_000;
    private const int MaxReportedBytes = 2_000;

    // What a parser may allocate for an input: a few objects, and a few copies of what is really there.
    private const long AllocationBase = 64 * 1024;
    private const long AllocationPerByte = 64;

    private readonly byte[][] _seeds;

    /// <summary>Starts from good inputs, the more different the better.</summary>
    public FuzzCorpus(IEnumerable<byte[]> seeds)
    {
        _seeds = [.. seeds];
        if (_seeds.Length == 0) throw new ArgumentException("A corpus needs a good input.", nameof(seeds));
    }

    /// <summary>How many inputs each parser gets: 20,000, or what <c>XMTP_FUZZ_INPUTS</c> says.</summary>
    public static int Inputs => Setting("XMTP_FUZZ_INPUTS") ?? DefaultInputs;

    /// <summary>Calls the parser with each input.</summary>
    /// <param name="parse">Parses, and may check what it found; an assertion that fails is reported with the input.</param>
    public void Run(Action<byte[]> parse)
    {
        foreach (var good in _seeds) { parse(good); } // first-call costs fall here

        var seed = Setting("XMTP_FUZZ_SEED") ?? Random.Shared.Next();
        var mutator = new Mutator(new Random(seed), _seeds);
        for (var index = 0; index < Inputs; index++)
        {
            var input = mutator.Next();
            try
            {
                var limit = AllocationBase + (AllocationPerByte * input.Length);

                // Once more before it counts: the first exception of its kind loads its texts.
                if (Allocated(parse, input) > limit && Allocated(parse, input) is var again && again > limit)
                {
                    throw new InvalidOperationException($"It took {again} bytes.");
                }
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Input {index} of seed {seed}: {Describe(input)}", exception);
            }
        }
    }

    private static long Allocated(Action<byte[]> parse, byte[] input)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        parse(input);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static string Describe(byte[] input)
    {
        var shown = Convert.ToHexStringLower(input.AsSpan(0, Math.Min(input.Length, MaxReportedBytes)));
        return $"{input.Length} bytes, {shown}";
    }

    private static int? Setting(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : null;
}
