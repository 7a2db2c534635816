using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace XmtpOrleans.Testing.Deploy;

/// <summary>The objects that <c>kubectl kustomize</c> makes of a folder. No cluster is asked.</summary>
public sealed class Manifests
{
    private Manifests(IReadOnlyList<JsonObject> objects) => All = objects;

    /// <summary>Every object.</summary>
    public IReadOnlyList<JsonObject> All { get; }

    /// <summary>Objects with a pod template, and those templates.</summary>
    public IEnumerable<(JsonObject Workload, JsonObject Template)> Workloads =>
        All.Where(static each => each["spec"]?["template"] is not null).Select(static each => (each, each["spec"]!["template"]!.AsObject()));

    /// <summary>Renders one of the repository's overlays as an operator does: from a folder of their own beside a copy of the repository's, with the components
    /// named, the three secrets, and whatever else they write. Ends the test when kubectl is not installed.</summary>
    /// <param name="folder">An empty folder for the copy.</param>
    /// <param name="overlay">Name of the overlay.</param>
    /// <param name="secrets">What the files of the secrets' component hold, by name.</param>
    /// <param name="components">Further components.</param>
    /// <param name="extra">Lines for the operator's own kustomization.</param>
    public static async Task<Manifests> RenderAsync(
        string folder, string overlay, IReadOnlyDictionary<string, string> secrets, string[] components, string extra = "")
    {
        CopyFolder(Repository.PathOf("deploy/k8s"), folder);
        foreach (var (name, text) in secrets)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "components", "secrets", name), text);
        }

        var own = Directory.CreateDirectory(Path.Combine(folder, "operator")).FullName;
        await File.WriteAllTextAsync(Path.Combine(own, "kustomization.yaml"), $"""
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            namespace: xmtp
            resources: [../overlays/{overlay}]
            components: [{string.Join(", ", components.Prepend("secrets").Select(static name => $"../components/{name}"))}]
            {extra}
            """);
        return new Manifests(Parse(await KubectlAsync(await KubectlAsync("", "kustomize", own), "patch", "--local", "-f", "-", "--type=merge", "-p", "{}", "-o", "json")));
    }

    /// <summary>Objects of a kind.</summary>
    public IEnumerable<JsonObject> Of(string kind) => All.Where(each => (string?)each["kind"] == kind);

    /// <summary>The object of that kind and name; fails without.</summary>
    public JsonObject Get(string kind, string name) => Of(kind).SingleOrDefault(each => NameOf(each) == name)
        ?? throw new InvalidDataException($"There is no {kind} {name}.");

    /// <summary>An object's name.</summary>
    public static string NameOf(JsonObject each) => (string)each["metadata"]!["name"]!;

    /// <summary>The labels under a path of an object, or those it selects by.</summary>
    public static IReadOnlyDictionary<string, string> LabelsOf(JsonNode? labels) =>
        labels?.AsObject().ToDictionary(static label => label.Key, static label => (string)label.Value!) ?? [];

    /// <summary>The pod templates whose labels a selector asks for.</summary>
    public IReadOnlyList<JsonObject> Select(IReadOnlyDictionary<string, string> selector) =>
    [
        .. Workloads.Select(static each => each.Template).Where(template =>
        {
            var labels = LabelsOf(template["metadata"]?["labels"]);
            return selector.All(wanted => labels.GetValueOrDefault(wanted.Key) == wanted.Value);
        }),
    ];

    private static List<JsonObject> Parse(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { AllowMultipleValues = true });
        var objects = new List<JsonObject>();
        while (reader.Read())
        {
            objects.Add(JsonNode.Parse(ref reader)!.AsObject());
        }

        return objects;
    }

    private static async Task<string> KubectlAsync(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo("kubectl", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Requirement.Missing("kubectl is not installed.");
            throw;
        }

        using (process)
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            return process.ExitCode == 0 ? await output : throw new InvalidDataException($"kubectl {arguments[0]}: {await errors}");
        }
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
    }
}
