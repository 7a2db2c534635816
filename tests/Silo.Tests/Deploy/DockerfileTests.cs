using XmtpOrleans.Testing;

namespace XmtpOrleans.Silo.Tests.Deploy;

/// <summary>What deploy/docker promises, read from it: there is no Docker where these tests run.</summary>
public sealed class DockerfileTests
{
    private static readonly string[] Lines = [.. File.ReadAllLines(Repository.PathOf("deploy/docker/Dockerfile")).Where(line => line.Length > 0 && line[0] != '#')];

    private static readonly string Executable = "/app/" + typeof(CommandLine).Assembly.GetName().Name;

    [Fact]
    public void Bases_AreMicrosoftsOfThisRuntime()
    {
        var bases = Of("FROM").Select(line => line.Split(' ')[0]).ToList();
        Assert.Equal(2, bases.Count);
        Assert.All(bases, image => Assert.Matches(@"^mcr\.microsoft\.com/dotnet/(sdk|aspnet):10\.0-[a-z-]+$", image));
    }

    [Fact]
    public void User_IsTheOneOfTheManifests()
    {
        var user = Assert.Single(Of("USER"));
        Assert.Equal("1654", user);
        Assert.Contains($"runAsUser: {user}", File.ReadAllText(Repository.PathOf("deploy/k8s/base/silo-statefulset.yaml")), StringComparison.Ordinal);
    }

    [Fact]
    public void EntryPoint_IsTheExecutable() => Assert.Equal([$"[\"{Executable}\"]"], Of("ENTRYPOINT"));

    [Fact]
    public void HealthCheck_IsTheExecutablesOwn() => Assert.EndsWith($"CMD [\"{Executable}\", \"health\"]", Assert.Single(Of("HEALTHCHECK")), StringComparison.Ordinal);

    [Fact]
    public void Published_IsTheProjectOfTheExecutable() => Assert.Contains(Lines, line => line.Contains("dotnet publish src/Silo -c Release", StringComparison.Ordinal));

    private static IEnumerable<string> Of(string instruction) =>
        Lines.Where(line => line.StartsWith(instruction + " ", StringComparison.Ordinal)).Select(line => line[(instruction.Length + 1)..]);
}
