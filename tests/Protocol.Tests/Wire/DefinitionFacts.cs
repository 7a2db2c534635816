using Google.Protobuf.Reflection;

namespace XmtpOrleans.Protocol.Tests.Wire;

/// <summary>
/// Takes a file apart into facts, one for each thing that reaches the wire or a method path: the full name of what it is about, and its text.
/// Options and imports are left out.
/// </summary>
internal static class DefinitionFacts
{
    public static IEnumerable<(string Name, string Text)> Of(FileDescriptorProto file)
    {
        var origin = $"{file.Name} {(file.Syntax.Length == 0 ? "proto2" : file.Syntax)}";
        return
        [
            .. file.MessageType.SelectMany(message => Of(message, file.Package, origin)),
            .. file.EnumType.SelectMany(definition => Of(definition, file.Package, origin)),
            .. file.Service.SelectMany(service => Of(service, file.Package, origin)),
        ];
    }

    private static IEnumerable<(string Name, string Text)> Of(DescriptorProto message, string scope, string origin)
    {
        var name = $"{scope}.{message.Name}";
        yield return (name, $"message in {origin}");
        foreach (var field in message.Field)
        {
            var oneof = field.HasOneofIndex ? message.OneofDecl[field.OneofIndex].Name : "none";
            yield return ($"{name}.{field.Name}",
                $"field {field.Number} {field.Type} {field.TypeName} {field.Label} oneof {oneof} optional {field.Proto3Optional}");
        }

        foreach (var fact in message.NestedType.SelectMany(nested => Of(nested, name, origin))) yield return fact;
        foreach (var fact in message.EnumType.SelectMany(nested => Of(nested, name, origin))) yield return fact;
    }

    private static IEnumerable<(string Name, string Text)> Of(EnumDescriptorProto definition, string scope, string origin)
    {
        var name = $"{scope}.{definition.Name}";
        yield return (name, $"enum in {origin}");
        foreach (var value in definition.Value) yield return ($"{name}.{value.Name}", $"value {value.Number}");
    }

    private static IEnumerable<(string Name, string Text)> Of(ServiceDescriptorProto service, string scope, string origin)
    {
        var name = $"{scope}.{service.Name}";
        yield return (name, $"service in {origin}");
        foreach (var method in service.Method)
        {
            yield return ($"{name}.{method.Name}",
                $"method {method.InputType} {method.OutputType} streams {method.ClientStreaming} {method.ServerStreaming}");
        }
    }
}
