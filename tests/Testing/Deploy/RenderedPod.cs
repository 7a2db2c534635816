using System.Text;
using System.Text.Json.Nodes;

namespace XmtpOrleans.Testing.Deploy;

/// <summary>A pod of rendered manifests as its one process sees it: arguments, environment, mounted secrets.</summary>
/// <param name="Name">The pod's name.</param>
/// <param name="Address">The pod's address.</param>
/// <param name="Arguments">Arguments of the image's entry point.</param>
/// <param name="Environment">Environment, with every reference followed.</param>
/// <param name="Ports">The container's ports, by name.</param>
public sealed record RenderedPod(
    string Name, string Address, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment, IReadOnlyDictionary<string, int> Ports)
{
    /// <summary>The pods of all workloads: as many as the manifests say, the least where they are scaled by load. Each gets an address of the loopback network, as
    /// a pod has one of its own, and the secrets it mounts in a folder.</summary>
    /// <param name="manifests">The manifests.</param>
    /// <param name="secrets">Where mounted secrets are written.</param>
    /// <param name="network">The first three numbers of the addresses.</param>
    public static IReadOnlyList<RenderedPod> Of(Manifests manifests, string secrets, string network = "127.0.7")
    {
        var pods = new List<RenderedPod>();
        foreach (var (workload, template) in manifests.Workloads)
        {
            var name = Manifests.NameOf(workload);
            for (var at = 0; at < ReplicasOf(manifests, workload); at++)
            {
                var pod = (string?)workload["kind"] == "Job" ? name : $"{name}-{at}";
                pods.Add(PodOf(manifests, template, pod, $"{network}.{pods.Count + 1}", Path.Combine(secrets, pod)));
            }
        }

        return pods;
    }

    private static int ReplicasOf(Manifests manifests, JsonObject workload)
    {
        var scaler = manifests.Of("HorizontalPodAutoscaler").SingleOrDefault(each =>
            (string?)each["spec"]!["scaleTargetRef"]!["name"] == Manifests.NameOf(workload)
            && (string?)each["spec"]!["scaleTargetRef"]!["kind"] == (string?)workload["kind"]);
        return (int?)scaler?["spec"]!["minReplicas"] ?? (int?)workload["spec"]!["replicas"] ?? 1;
    }

    private static RenderedPod PodOf(Manifests manifests, JsonObject template, string name, string address, string folder)
    {
        var spec = template["spec"]!;
        var container = spec["containers"]!.AsArray().Single()!.AsObject();
        var environment = new Dictionary<string, string>();
        foreach (var from in container["envFrom"]?.AsArray() ?? [])
        {
            var map = manifests.Get("ConfigMap", (string)from!["configMapRef"]!["name"]!);
            foreach (var (key, value) in map["data"]!.AsObject()) environment[key] = (string)value!;
        }

        foreach (var variable in container["env"]?.AsArray() ?? [])
        {
            environment[(string)variable!["name"]!] = ValueOf(variable.AsObject(), name, address);
        }

        foreach (var (mount, path) in MountSecrets(manifests, spec, container, folder))
        {
            foreach (var key in environment.Keys.ToArray())
            {
                if (environment[key].StartsWith(mount + "/", StringComparison.Ordinal)) environment[key] = path + environment[key][mount.Length..];
            }
        }

        return new RenderedPod(
            name,
            address,
            [.. (container["args"]?.AsArray() ?? []).Select(static argument => (string)argument!)],
            environment,
            (container["ports"]?.AsArray() ?? []).ToDictionary(static port => (string)port!["name"]!, static port => (int)port!["containerPort"]!));
    }

    private static string ValueOf(JsonObject variable, string name, string address) => (string?)variable["value"]
        ?? (string?)variable["valueFrom"]!["fieldRef"]!["fieldPath"] switch
        {
            "metadata.name" => name,
            "status.podIP" => address,
            var other => throw new InvalidDataException($"{variable["name"]} takes {other}, which this cannot follow."),
        };

    // Gives back where each mount is now.
    private static Dictionary<string, string> MountSecrets(Manifests manifests, JsonNode spec, JsonObject container, string folder)
    {
        var mounts = new Dictionary<string, string>();
        foreach (var mount in container["volumeMounts"]?.AsArray() ?? [])
        {
            var volume = spec["volumes"]!.AsArray().Single(each => (string)each!["name"]! == (string)mount!["name"]!)!;
            if (volume["secret"] is not { } source) continue;
            var path = Directory.CreateDirectory(Path.Combine(folder, (string)mount!["name"]!)).FullName;
            var secret = manifests.Get("Secret", (string)source["secretName"]!);
            foreach (var item in source["items"]!.AsArray())
            {
                var bytes = Convert.FromBase64String((string?)secret["data"]![(string)item!["key"]!]
                    ?? throw new InvalidDataException($"Secret {Manifests.NameOf(secret)} has no {item["key"]}."));
                File.WriteAllText(Path.Combine(path, (string)item["path"]!), Encoding.UTF8.GetString(bytes));
            }

            mounts[(string)mount["mountPath"]!] = path;
        }

        return mounts;
    }
}
