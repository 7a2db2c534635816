using XmtpOrleans.Storage.Sqlite;

namespace XmtpOrleans.Storage.Tests.Sqlite;

public sealed class SmallestPositionsTests
{
    [Fact]
    public void Ascending_MoreThanCapacity_KeepsTheSmallest()
    {
        var kept = new SmallestPositions(3);
        Assert.True(kept.TryAdd(50, 1));
        Assert.True(kept.TryAdd(10, 2));
        Assert.True(kept.TryAdd(40, 3));
        Assert.False(kept.TryAdd(60, 4));
        Assert.True(kept.TryAdd(20, 5));

        Assert.Equal([2L, 5, 3], kept.Ascending());
        Assert.Empty(kept.Ascending());
    }
}
