namespace XmtpOrleans.Architecture.Tests;

/// <summary>References go one way: Protocol, Grains, then Storage, Chain and Gateway side by side, then Silo.</summary>
public sealed class ReferenceTests
{
    private static readonly string[] Projects = ["Protocol", "Grains", "Storage", "Chain", "Gateway", "Silo"];

    [Theory]
    [InlineData("Protocol", "")]
    [InlineData("Grains", "Protocol")]
    [InlineData("Storage", "Protocol Grains")]
    [InlineData("Chain", "Protocol Grains")]
    [InlineData("Gateway", "Protocol Grains")]
    [InlineData("Silo", "Protocol Grains Storage Chain Gateway")]
    public void Project_ReferencesOnlyProjectsBelowIt(string project, string allowed)
    {
        var below = allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var named = Projects.Where(other => AssemblyTypes.Of(project).Assemblies.Contains($"XmtpOrleans.{other}"));
        Assert.Empty(named.Except(below));
    }

    [Theory]
    [InlineData("Protocol", "Orleans", "Microsoft.Orleans", "Grpc", "Npgsql", "Microsoft.Data", "Microsoft.AspNetCore", "Microsoft.Extensions")]
    [InlineData("Grains", "Grpc", "Npgsql", "Microsoft.Data", "Microsoft.AspNetCore", "Nethereum")]
    [InlineData("Storage", "Grpc", "Microsoft.AspNetCore", "Nethereum")]
    [InlineData("Chain", "Grpc", "Npgsql", "Microsoft.Data", "Microsoft.AspNetCore")]
    [InlineData("Gateway", "Npgsql", "Microsoft.Data", "Nethereum")]
    public void Project_ReferencesNoPackageOfAnotherLayer(string project, params string[] forbidden)
    {
        var named = AssemblyTypes.Of(project).Assemblies
            .Where(name => forbidden.Any(prefix => name == prefix || name.StartsWith(prefix + ".", StringComparison.Ordinal)));
        Assert.Empty(named);
    }

    [Fact]
    public void Protocol_NamesNoClockAndNoSocket()
    {
        var forbidden = new[] { "System.TimeProvider", "System.Diagnostics.Stopwatch", "System.Threading.Timer", "System.Threading.PeriodicTimer" };
        var types = AssemblyTypes.Of("Protocol").Types;
        Assert.Empty(types.Intersect(forbidden));
        Assert.DoesNotContain(types, type => type.StartsWith("System.Net.", StringComparison.Ordinal));
    }

    [Fact]
    public void AssemblyTypes_OfGrains_SeesOrleans() // the scanner itself: it must be able to find what the tests above forbid
    {
        Assert.Contains(AssemblyTypes.Of("Grains").Assemblies, name => name.StartsWith("Orleans.", StringComparison.Ordinal));
    }
}
