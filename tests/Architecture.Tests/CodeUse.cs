using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;

namespace XmtpOrleans.Architecture.Tests;

/// <summary>What each type of a compiled assembly uses, by its signatures and its code; attributes do not count. Nested and generated types
/// count as part of the type around them.</summary>
internal sealed class CodeUse
{
    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    private readonly PEReader _file;
    private readonly MetadataReader _metadata;
    private readonly ReferencedTypes _types;

    private CodeUse(PEReader file)
    {
        (_file, _metadata) = (file, file.GetMetadataReader());
        _types = new ReferencedTypes(_metadata);
        foreach (var handle in _metadata.TypeDefinitions) Add(handle);
    }

    /// <summary>Foreign members (<c>Assembly Namespace.Type</c> or <c>Assembly Namespace.Type::Member</c>) that each type of the assembly uses.</summary>
    public SortedDictionary<string, SortedSet<string>> Uses { get; } = new(StringComparer.Ordinal);

    /// <summary>Methods that are <c>async void</c>.</summary>
    public List<string> AsyncVoids { get; } = [];

    public static CodeUse Of(string project)
    {
        using var file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, $"XmtpOrleans.{project}.dll")));
        return new CodeUse(file);
    }

    private void Add(TypeDefinitionHandle handle)
    {
        var type = _metadata.GetTypeDefinition(handle);
        var name = OutermostName(type);
        if (name.StartsWith("OrleansCodeGen.", StringComparison.Ordinal) || name.StartsWith("Xmtp.", StringComparison.Ordinal)) return;
        if (!Uses.TryGetValue(name, out var uses)) Uses.Add(name, uses = new SortedSet<string>(StringComparer.Ordinal));
        _types.Found = uses;
        Note(type.BaseType);
        foreach (var implemented in type.GetInterfaceImplementations()) Note(_metadata.GetInterfaceImplementation(implemented).Interface);
        foreach (var field in type.GetFields()) _metadata.GetFieldDefinition(field).DecodeSignature(_types, null);
        foreach (var methodHandle in type.GetMethods())
        {
            var method = _metadata.GetMethodDefinition(methodHandle);
            var signature = method.DecodeSignature(_types, null);
            if (signature.ReturnType == ReferencedTypes.Void && IsAsync(method)) AsyncVoids.Add($"{name}::{_metadata.GetString(method.Name)}");
            if (method.RelativeVirtualAddress != 0) AddBody(_file.GetMethodBody(method.RelativeVirtualAddress));
        }
    }

    private void AddBody(MethodBodyBlock body)
    {
        if (!body.LocalSignature.IsNil) _metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(_types, null);
        foreach (var region in body.ExceptionRegions) Note(region.CatchType);
        var code = body.GetILReader();
        while (code.RemainingBytes > 0)
        {
            short value = code.ReadByte();
            if (value == 0xfe) value = (short)(0xfe00 | code.ReadByte());
            switch (OpCodesByValue[value].OperandType)
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineType or OperandType.InlineTok:
                    Note(MetadataTokens.EntityHandle(code.ReadInt32()));
                    break;
                case OperandType.InlineSwitch:
                    var targets = code.ReadInt32();
                    code.Offset += sizeof(int) * targets;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.Offset += 8;
                    break;
                case OperandType.InlineVar:
                    code.Offset += 2;
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    code.Offset += 1;
                    break;
                case OperandType.InlineNone:
                    break;
                default:
                    code.Offset += 4;
                    break;
            }
        }
    }

    private void Note(EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeReference:
                _types.GetTypeFromReference(_metadata, (TypeReferenceHandle)handle, 0);
                break;
            case HandleKind.TypeSpecification:
                _metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(_types, null);
                break;
            case HandleKind.MethodSpecification:
                var specification = _metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                specification.DecodeSignature(_types, null);
                Note(specification.Method);
                break;
            case HandleKind.MemberReference:
                var member = _metadata.GetMemberReference((MemberReferenceHandle)handle);
                Note(member.Parent);
                if (member.GetKind() == MemberReferenceKind.Method) member.DecodeMethodSignature(_types, null);
                else member.DecodeFieldSignature(_types, null);
                _types.Found.Add($"{_types.NameOf(member.Parent)}::{_metadata.GetString(member.Name)}");
                break;
        }
    }

    private bool IsAsync(MethodDefinition method) => method.GetCustomAttributes()
        .Select(attribute => _metadata.GetCustomAttribute(attribute).Constructor)
        .Where(constructor => constructor.Kind == HandleKind.MemberReference)
        .Select(constructor => _metadata.GetMemberReference((MemberReferenceHandle)constructor).Parent)
        .Any(parent => parent.Kind == HandleKind.TypeReference
            && _metadata.GetString(_metadata.GetTypeReference((TypeReferenceHandle)parent).Name) == nameof(AsyncStateMachineAttribute));

    private string OutermostName(TypeDefinition type)
    {
        while (!type.GetDeclaringType().IsNil) type = _metadata.GetTypeDefinition(type.GetDeclaringType());
        return $"{_metadata.GetString(type.Namespace)}.{_metadata.GetString(type.Name)}";
    }

    /// <summary>Writes down every foreign type that a signature names; what a signature decodes to matters only for <see cref="Void"/>.</summary>
    private sealed class ReferencedTypes(MetadataReader metadata) : ISignatureTypeProvider<string, object?>
    {
        public const string Void = "void";

        public SortedSet<string> Found { get; set; } = [];

        public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
        {
            var name = NameOf(handle);
            Found.Add(name);
            return name;
        }

        public string NameOf(EntityHandle handle)
        {
            if (handle.Kind == HandleKind.TypeSpecification)
            {
                return metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, null);
            }

            if (handle.Kind != HandleKind.TypeReference) return "";
            var type = metadata.GetTypeReference((TypeReferenceHandle)handle);
            return type.ResolutionScope.Kind switch
            {
                HandleKind.TypeReference => $"{NameOf(type.ResolutionScope)}+{metadata.GetString(type.Name)}",
                HandleKind.AssemblyReference =>
                    $"{metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name)} "
                    + $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}",
                _ => metadata.GetString(type.Name),
            };
        }

        public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments) => genericType;

        public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode == PrimitiveTypeCode.Void ? Void : "";

        public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => "";

        public string GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

        public string GetArrayType(string elementType, ArrayShape shape) => "";

        public string GetByReferenceType(string elementType) => "";

        public string GetFunctionPointerType(MethodSignature<string> signature) => "";

        public string GetGenericMethodParameter(object? genericContext, int index) => "";

        public string GetGenericTypeParameter(object? genericContext, int index) => "";

        public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) => unmodifiedType;

        public string GetPinnedType(string elementType) => "";

        public string GetPointerType(string elementType) => "";

        public string GetSZArrayType(string elementType) => "";
    }
}
