using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Storage.Tests.Contract;

namespace XmtpOrleans.Storage.Tests;

public sealed class AppendTotalsTests
{
    private static readonly OriginatorId Node = new(100);

    // Rows and rejected positions after mark 10, and how far they leave no gap.
    [Theory]
    [InlineData("11 12 13", "", 13)]
    [InlineData("11 13", "", 11)]
    [InlineData("11 13", "12", 13)]
    [InlineData("", "11 12", 12)]
    [InlineData("12", "", 10)]
    [InlineData("13", "12 11", 13)]
    [InlineData("14", "11 13", 11)]
    public void Contiguous_RowsAndRejected_UpToTheFirstGap(string rows, string rejected, ulong expected) =>
        Assert.Equal(expected, AppendTotals.Of(Append(rows, rejected)).Contiguous.Value);

    [Theory]
    [InlineData("10", "")]
    [InlineData("12 11", "")]
    [InlineData("11 11", "")]
    [InlineData("11", "11")]
    [InlineData("21", "")]
    [InlineData("11", "21")]
    public void Of_PositionsOutsideTheCommit_IsRefused(string rows, string rejected) =>
        Assert.Throws<StoreException>(() => AppendTotals.Of(Append(rows, rejected)));

    [Fact]
    public void Of_RowOfAnotherLog_IsRefused()
    {
        var append = Append("11", "");
        Assert.Throws<StoreException>(()
            => AppendTotals.Of(append with { Lease = append.Lease with { Originator = new OriginatorId(200) } }));
    }

    [Fact]
    public void Of_FeesBeyond63Bits_IsRefused()
    {
        var rows = new ulong[] { 11, 12 }.Select(sequence => Row(sequence, long.MaxValue)).ToArray();
        Assert.Throws<StoreException>(() => AppendTotals.Of(Append("", "") with { Rows = rows }));
    }

    private static LogAppend Append(string rows, string rejected) => new()
    {
        Lease = new Lease
        {
            Originator = Node, Epoch = 1, Last = new SequenceId(10), LastNs = 0, StoreTime = DateTimeOffset.UnixEpoch,
                FingerprintKey = new byte[16],
        },
        Previous = new SequenceId(10),
        Last = new SequenceId(20),
        LastNs = 0,
        Rows = [.. Numbers(rows).Select(sequence => Row(sequence, 0))],
        Rejected = [.. Numbers(rejected).Select(sequence => new RejectedEntry(new SequenceId(sequence), "", []))],
    };

    private static LogRow Row(ulong sequence, long fee) => new()
    {
        Entry = new LogEntry
        {
            Originator = Node,
            Sequence = new SequenceId(sequence),
            OriginatorNs = 1,
            ArrivalUs = 1,
            ExpirySeconds = LogEntry.NeverExpires,
            Topic = Topic.Of(TopicKind.GroupMessages, new byte[16]),
            Bytes = [],
        },
        Payer = Accounts.Payer(1),
        FeePicodollars = fee,
        CountsUsage = true,
    };

    private static IEnumerable<ulong> Numbers(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ulong.Parse);
}
