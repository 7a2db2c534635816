using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests;

public class FuzzCorpusTests
{
    private static readonly byte[][] Seeds = [[1, 2, 3, 4], [.. Enumerable.Repeat((byte)0x10, 100)]];

    [Fact]
    public void Run_ParserThatThrows_FailsWithSeedAndInput()
    {
        var failure = Assert.Throws<InvalidOperationException>(() => new FuzzCorpus(Seeds).Run(static bytes =>
        {
            if (bytes.Length > 200) throw new FormatException("too long");
        }));

        Assert.IsType<FormatException>(failure.InnerException);
        Assert.Matches("Input [0-9]+ of seed [0-9]+: [0-9]+ bytes, [0-9a-f]+", failure.Message);
    }

    [Fact]
    public void Run_ParserThatBelievesALength_Fails()
    {
        var failure = Assert.Throws<InvalidOperationException>(() => new FuzzCorpus(Seeds).Run(static bytes =>
        {
            if (bytes.Length is > 4 and < 100) { GC.KeepAlive(new byte[1_000_000]); }
        }));

        Assert.Contains("It took 10000", failure.InnerException!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_HarmlessParser_GetsEveryInput()
    {
        var calls = 0;
        new FuzzCorpus(Seeds).Run(_ => calls++);

        Assert.Equal(FuzzCorpus.Inputs + Seeds.Length, calls);
    }

    [Fact]
    public void Next_SameSeed_GivesTheSameInputs()
    {
        var (one, other) = (new Mutator(new Random(5), Seeds), new Mutator(new Random(5), Seeds));

        Assert.All(Enumerable.Range(0, 500), _ => Assert.Equal(one.Next(), other.Next()));
    }

    [Fact]
    public void Next_ManyInputs_AreShorterLongerNestedAndNeverWithoutBound()
    {
        var mutator = new Mutator(new Random(6), Seeds);
        var inputs = Enumerable.Range(0, 5_000).Select(_ => mutator.Next()).ToArray();

        Assert.Contains(inputs, input => input.Length == 0);
        Assert.Contains(inputs, input => input.Length > 10_000);
        Assert.Contains(inputs, input => input.Length > 200 && input.Take(200).All(next => next == input[0] && (next & 7) == 3));
        Assert.All(inputs, input => Assert.InRange(input.Length, 0, 64 * 1024));
    }
}
