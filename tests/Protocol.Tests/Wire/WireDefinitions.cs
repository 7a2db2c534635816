using System.Reflection;

using Google.Protobuf.Reflection;

using Xmtp.Xmtpv4.Envelopes;

namespace XmtpOrleans.Protocol.Tests.Wire;

/// <summary>Every definition compiled into the protocol assembly, found without a list that could forget one.</summary>
internal static class WireDefinitions
{
    public static IReadOnlyList<FileDescriptor> Files { get; } =
    [
        .. typeof(OriginatorEnvelope).Assembly.GetTypes()
            .Where(type => type.Name.EndsWith("Reflection", StringComparison.Ordinal))
            .Select(type => type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null))
            .OfType<FileDescriptor>()
            .OrderBy(file => file.Name, StringComparer.Ordinal),
    ];

    public static IEnumerable<MethodDescriptor> Methods => Files.SelectMany(file => file.Services).SelectMany(service => service.Methods);

    public static MessageDescriptor Message(string fullName) =>
        Files.SelectMany(file => file.MessageTypes).Single(message => message.FullName == fullName);
}
