using Google.Protobuf.Reflection;

using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Wire;

public sealed class WireSurfaceTests
{
    [Fact]
    public void Files_AllDefinitions_HaveTheNetworksPathsAndPackages()
    {
        var expected = Vectors.LoadJson("wire/files.json").EnumerateArray()
            .Select(file => (file.GetProperty("file").GetString(), file.GetProperty("package").GetString()));

        Assert.Equal(expected.Order(), WireDefinitions.Files.Select(file => ((string?)file.Name, (string?)file.Package)).Order());
    }

    [Fact]
    public void Methods_AllServices_HaveTheNetworksPathsAndKinds()
    {
        var expected = Vectors.LoadJson("wire/methods.json").EnumerateArray()
            .Select(method => $"{method.GetProperty("path").GetString()} {method.GetProperty("kind").GetString()}");

        Assert.Equal(expected.Order(StringComparer.Ordinal), WireDefinitions.Methods.Select(Describe).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Methods_OldNames_AreMarkedDeprecated()
    {
        var expected = Vectors.LoadJson("wire/methods.json").EnumerateArray()
            .Where(method => method.GetProperty("deprecated").GetBoolean())
            .Select(method => method.GetProperty("path").GetString()!);

        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            WireDefinitions.Methods.Where(IsDeprecated).Select(PathOf).Order(StringComparer.Ordinal));
    }

    private static string Describe(MethodDescriptor method)
    {
        var kind = (method.IsClientStreaming, method.IsServerStreaming) switch
        {
            (false, false) => "unary",
            (false, true) => "server_stream",
            (true, false) => "client_stream",
            (true, true) => "bidi_stream",
        };
        return $"{PathOf(method)} {kind}";
    }

    private static string PathOf(MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}";

    private static bool IsDeprecated(MethodDescriptor method) =>
        method.GetOptions()?.Deprecated == true || method.Service.GetOptions()?.Deprecated == true;
}
