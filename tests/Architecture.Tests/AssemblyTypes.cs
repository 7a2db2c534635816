using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace XmtpOrleans.Architecture.Tests;

/// <summary>What a compiled assembly names: the assemblies and the foreign types its code refers to.</summary>
internal sealed class AssemblyTypes
{
    private AssemblyTypes(IReadOnlySet<string> assemblies, IReadOnlySet<string> types) => (Assemblies, Types) = (assemblies, types);

    /// <summary>Names of the referenced assemblies.</summary>
    public IReadOnlySet<string> Assemblies { get; }

    /// <summary>Full names of the foreign types that signatures and method bodies use.</summary>
    public IReadOnlySet<string> Types { get; }

    public static AssemblyTypes Of(string project)
    {
        using var file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, $"XmtpOrleans.{project}.dll")));
        var metadata = file.GetMetadataReader();
        var assemblies = metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name));
        var types = metadata.TypeReferences.Select(metadata.GetTypeReference)
            .Select(type => $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}");
        return new AssemblyTypes(assemblies.ToHashSet(), types.ToHashSet());
    }
}
