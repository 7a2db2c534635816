using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace XmtpOrleans.Protocol.Tests.Wire;

public sealed class EmbeddedDescriptorsTests
{
    [Fact]
    public void Find_SetAmongOtherBytes_GivesEveryFile()
    {
        var files = WireDefinitions.Files.Select(file => file.ToProto()).ToList();

        var found = EmbeddedDescriptors.Find(ImageOf(files));

        Assert.Equal(files.OrderBy(file => file.Name, StringComparer.Ordinal), found.Values);
    }

    [Fact]
    public void Find_NameWhoseLengthLooksLikeATag_IsFound()
    {
        var file = new FileDescriptorProto { Name = "four.proto", Package = "four" };
        Assert.Equal(0x0a, file.Name.Length);

        Assert.Equal([file], EmbeddedDescriptors.Find(ImageOf([file])).Values);
    }

    [Fact]
    public void Find_NameWithoutDescriptor_IsIgnored() =>
        Assert.Empty(EmbeddedDescriptors.Find("\u000a\u007f\u000a\u000afour.proto\u0012 and nothing that parses"u8));

    private static byte[] ImageOf(IEnumerable<FileDescriptorProto> files) =>
    [
        .. "text before\u000a\u0006.proto\u0012"u8,
        .. new FileDescriptorSet { File = { files } }.ToByteArray(),
        .. "text after .proto\u0012"u8,
    ];
}
