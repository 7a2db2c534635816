using System.Text;
using XmtpOrleans.Gateway.Payers;

namespace XmtpOrleans.Gateway.Tests.Payers;

public sealed class StableSelectionTests
{
    // 04 §3.1, V-04; by index of {100, 200, 300}.
    [Theory]
    [InlineData("stable_key", new[] { 2, 0, 1 })]
    [InlineData("stable_key_topic2", new[] { 0, 1, 2 })]
    [InlineData("deadbeef", new[] { 1, 2, 0 })]
    [InlineData("test", new[] { 2, 0, 1 })]
    public void Order_KnownIdentifier_IsTheNetworks(string identifier, int[] order) =>
        Assert.Equal(order, StableSelection.Order(3, Encoding.ASCII.GetBytes(identifier)));

    [Theory]
    [InlineData(16, new[] { 1, 2, 0 })]
    [InlineData(32, new[] { 2, 0, 1 })]
    public void Order_ZeroBytes_IsTheNetworks(int length, int[] order) => Assert.Equal(order, StableSelection.Order(3, new byte[length]));

    [Fact]
    public void Order_FurtherNodes_KeepsTheOwnerOfTheReferencesExample()
    {
        uint[] five = [100, 200, 300, 700, 1200];
        uint[] six = [100, 200, 300, 700, 800, 1200];
        var key = "stable_key"u8;

        Assert.Equal(700u, five[StableSelection.Order(five.Length, key).First()]);
        Assert.Equal(700u, six[StableSelection.Order(six.Length, key).First()]);
    }

    [Fact]
    public void Order_ManyIdentifiers_SpreadsThemAsTheReferenceDoes()
    {
        var counts = new int[7];
        for (var number = 0; number < 10_000; number++)
        {
            counts[StableSelection.Order(7, Encoding.ASCII.GetBytes(number.ToString())).First()]++;
        }

        Assert.Equal([1387, 1436, 1516, 1395, 1440, 1447, 1379], counts);
    }

    [Fact]
    public void Order_OneNode_IsThatNode() => Assert.Equal([0], StableSelection.Order(1, "any"u8));

    [Fact]
    public void Order_NoNodes_IsEmpty() => Assert.Empty(StableSelection.Order(0, "any"u8));
}
