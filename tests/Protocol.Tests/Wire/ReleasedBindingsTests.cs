using Google.Protobuf.Reflection;

using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Wire;

/// <summary>Our definitions against those inside the native library of a released client, which was built from the network's own files.</summary>
public sealed class ReleasedBindingsTests
{
    private const string Library = "tests/Sdk/node_modules/bindings-descriptors/dist/bindings_node.linux-x64-gnu.node";

    // What the network added after that release. Nothing else may differ.
    private static readonly string[] NewerFiles =
    [
        "xmtpv4/gateway_api/gateway_api.proto",
        "xmtpv4/message_api/notification_api.proto",
        "xmtpv4/message_api/publish_api.proto",
        "xmtpv4/message_api/query_api.proto",
    ];

    private static readonly string[] NewerDefinitions =
    [
        "xmtp.mls.api.v1.MlsApi.Subscribe",
        "xmtp.mls.api.v1.Ping",
        "xmtp.mls.api.v1.Pong",
        "xmtp.mls.api.v1.SubscribeRequest",
        "xmtp.mls.api.v1.SubscribeResponse",
        "xmtp.xmtpv4.message_api.Ping",
        "xmtp.xmtpv4.message_api.Pong",
        "xmtp.xmtpv4.message_api.ReplicationApi.SubscribeOriginators",
        "xmtp.xmtpv4.message_api.ReplicationApi.SubscribeTopics",
        "xmtp.xmtpv4.message_api.SubscribeAllEnvelopesRequest",
        "xmtp.xmtpv4.message_api.SubscribeOriginatorsRequest",
        "xmtp.xmtpv4.message_api.SubscribeOriginatorsResponse",
        "xmtp.xmtpv4.message_api.SubscribeRequest",
        "xmtp.xmtpv4.message_api.SubscribeResponse",
        "xmtp.xmtpv4.message_api.SubscribeTopicsRequest",
        "xmtp.xmtpv4.message_api.SubscribeTopicsResponse",
    ];

    [Fact]
    public void Find_ReleasedLibrary_HoldsEveryFileOfItsRevision()
    {
        var theirs = ReadLibrary();

        Assert.Equal(61, theirs.Count);
        Assert.Equal(NewerFiles, WireDefinitions.Files.Select(file => file.Name).Except(theirs.Keys).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Definitions_ReleasedLibrary_DifferOnlyInWhatIsNewer()
    {
        var theirs = ReadLibrary();
        var shared = WireDefinitions.Files.Where(file => theirs.ContainsKey(file.Name)).ToList();
        var ourFacts = shared.SelectMany(file => DefinitionFacts.Of(file.ToProto())).ToHashSet();
        var theirFacts = shared.SelectMany(file => DefinitionFacts.Of(theirs[file.Name])).ToHashSet();

        Assert.Empty(theirFacts.Except(ourFacts));
        // A newer definition counts once, whatever is nested in it.
        Assert.Equal(NewerDefinitions, ourFacts.Except(theirFacts).Select(fact => Outermost(fact.Name)).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Of_ChangedDefinition_DiffersInThatFactOnly()
    {
        var changed = WireDefinitions.Files.Single(file => file.Name == "xmtpv4/envelopes/envelopes.proto").ToProto();
        var before = DefinitionFacts.Of(changed).ToHashSet();

        changed.MessageType.Single(message => message.Name == "PayerEnvelope").Field[2].Type = FieldDescriptorProto.Types.Type.Uint64;

        Assert.Equal(
            ["xmtp.xmtpv4.envelopes.PayerEnvelope.target_originator"],
            DefinitionFacts.Of(changed).Except(before).Select(fact => fact.Name));
    }

    private static string Outermost(string name) =>
        Array.Find(NewerDefinitions, newer => name == newer || name.StartsWith(newer + ".", StringComparison.Ordinal)) ?? name;

    private static SortedDictionary<string, FileDescriptorProto> ReadLibrary()
    {
        var path = Repository.PathOf(Library);
        if (!File.Exists(path)) Requirement.Missing("The released bindings are not installed: run `npm ci --ignore-scripts` in tests/Sdk.");
        return EmbeddedDescriptors.Find(File.ReadAllBytes(path));
    }
}
