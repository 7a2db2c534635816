using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Messages;

/// <summary>What grains send each other is a wire format: silos of two releases must read each other's.</summary>
public sealed class GrainMessageTests
{
    private static readonly Serializer Serializer =
        new ServiceCollection().AddSerializer(builder => builder.AddAssembly(typeof(ISequencerGrain).Assembly)).BuildServiceProvider()
            .GetRequiredService<Serializer>();

    private static readonly Assembly Grains = typeof(ISequencerGrain).Assembly;

    private const string WithPatience = "300166100caf25786d74702e7075626c6973682d626174636820e081002d310100000000e0";

    public static TheoryData<string> Aliases => [.. SampleMessages.All.Keys];

    [Fact]
    public void Messages_EachType_HasASampleUnderItsAlias()
    {
        var aliases = Grains.GetTypes()
            .Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null)
            .Select(type => type.GetCustomAttribute<AliasAttribute>()?.Alias ?? $"{type.Name} has no alias")
            .Order();

        Assert.Equal(SampleMessages.All.Keys.Order(), aliases);
    }

    [Fact]
    public void Messages_EachType_IsSealedAndImmutable() => Assert.All(
        Grains.GetTypes().Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null),
        type => Assert.True(type.IsSealed && type.GetCustomAttribute<ImmutableAttribute>() is not null, type.Name));

    [Fact]
    public void Interfaces_EachAndEveryMethod_HaveAliases()
    {
        var interfaces = Grains.GetTypes().Where(type => type.IsInterface && type.IsAssignableTo(typeof(IAddressable))).ToList();

        Assert.NotEmpty(interfaces);
        Assert.All(interfaces, type =>
        {
            Assert.NotNull(type.GetCustomAttribute<AliasAttribute>());
            Assert.All(type.GetMethods(), method => Assert.NotNull(method.GetCustomAttribute<AliasAttribute>()));
        });
    }

    [Theory]
    [MemberData(nameof(Aliases))]
    public void Message_Written_IsTheGoldenBytes(string alias)
    {
        var written = Convert.ToHexStringLower(Serializer.SerializeToArray(SampleMessages.All[alias]));

        if (Environment.GetEnvironmentVariable("XMTP_WRITE_GOLDEN") is { Length: > 0 })
        {
            File.WriteAllText(Repository.PathOf($"tests/Testing/Vectors/messages/{alias}.hex"), written + "\n");
        }
        else
        {
            Assert.Equal(Golden(alias), written);
        }
    }

    [Theory]
    [MemberData(nameof(Aliases))]
    public void Message_GoldenBytes_AreReadWhole(string alias)
    {
        var read = Serializer.Deserialize<object>(Convert.FromHexString(Golden(alias)));

        Assert.IsType(SampleMessages.All[alias].GetType(), read);
        Assert.Equivalent(SampleMessages.All[alias], read, strict: true);
        Assert.Equal(Golden(alias), Convert.ToHexStringLower(Serializer.SerializeToArray(read)));
    }

    // A field that came later: who reads the old bytes finds nothing in it, and who does not know it reads the rest.
    [Fact]
    public void PublishBatch_WithItsCallersPatience_IsTheGoldenBytes()
    {
        var batch = new PublishBatch { Requests = [], Patience = TimeSpan.FromSeconds(2) };

        var written = Serializer.SerializeToArray<object>(batch);

        Assert.Equal(WithPatience, Convert.ToHexStringLower(written));
        Assert.Equal(batch.Patience, Assert.IsType<PublishBatch>(Serializer.Deserialize<object>(written)).Patience);
        Assert.Equal(TimeSpan.Zero, Assert.IsType<PublishBatch>(Serializer.Deserialize<object>(Convert.FromHexString(Golden("xmtp.publish-batch")))).Patience);
    }

    private static string Golden(string alias) => File.ReadAllText(Vectors.PathOf($"messages/{alias}.hex")).Trim();
}
