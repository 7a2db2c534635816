using System.Globalization;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using XmtpOrleans.Silo.Configuration;
using XmtpOrleans.Silo.Roles;
using XmtpOrleans.Testing;
using XmtpOrleans.Testing.Deploy;

namespace XmtpOrleans.Silo.Tests.Deploy;

/// <summary>The overlays of deploy/k8s, rendered: what they name exists, and what they set is ours.</summary>
public sealed class KubernetesTests : IDisposable
{
    private static readonly Dictionary<string, string> Secrets = new()
    {
        ["database.connection-string"] = "Host=db;Username=xmtp;Password=secret;Database=xmtp",
        ["node.key"] = new string('1', 64),
        ["payer.key"] = new string('2', 64),
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("xmtp-k8s-").FullName;

    public static TheoryData<string> Overlays => ["small", "production"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, MemberData(nameof(Overlays))]
    public async Task Selectors_MatchPods(string overlay)
    {
        var manifests = await RenderAsync(overlay);
        Assert.All(manifests.Workloads.Where(static each => each.Workload["spec"]!["selector"] is not null), each =>
            Assert.Contains(each.Template, manifests.Select(Manifests.LabelsOf(each.Workload["spec"]!["selector"]!["matchLabels"]))));
        Assert.All(manifests.Of("Service"), service => Assert.NotEmpty(manifests.Select(Manifests.LabelsOf(service["spec"]!["selector"]))));
        Assert.All(manifests.Of("PodDisruptionBudget"), budget => Assert.Single(manifests.Select(Manifests.LabelsOf(budget["spec"]!["selector"]!["matchLabels"]))));
        Assert.All(manifests.Of("NetworkPolicy"), policy =>
        {
            Assert.NotEmpty(manifests.Select(Manifests.LabelsOf(policy["spec"]!["podSelector"]!["matchLabels"])));
        });
        Assert.All(manifests.Of("ServiceMonitor"), monitor =>
        {
            var wanted = Manifests.LabelsOf(monitor["spec"]!["selector"]!["matchLabels"]);
            Assert.Single(manifests.Of("Service"), service => wanted.All(label => Manifests.LabelsOf(service["metadata"]!["labels"]).GetValueOrDefault(label.Key) == label.Value));
        });
        foreach (var (_, template) in manifests.Workloads)
        {
            foreach (var spread in template["spec"]!["topologySpreadConstraints"]?.AsArray() ?? [])
            {
                Assert.Contains(template, manifests.Select(Manifests.LabelsOf(spread!["labelSelector"]!["matchLabels"])));
            }
        }
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task NodeService_SelectsFrontsOnly_ThoseAloneWhereThereAreAny(string overlay)
    {
        var manifests = await RenderAsync(overlay);
        var behind = Assert.Single(manifests.Select(Manifests.LabelsOf(manifests.Get("Service", "xmtp-node")["spec"]!["selector"])));
        Assert.Equal(overlay == "small" ? "silo" : "front", (string?)behind["metadata"]!["labels"]!["app.kubernetes.io/component"]);
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task Ports_ThatAreNamed_ExistOnThePods(string overlay)
    {
        var manifests = await RenderAsync(overlay);
        foreach (var service in manifests.Of("Service"))
        {
            var pods = manifests.Select(Manifests.LabelsOf(service["spec"]!["selector"])).Where(static pod => PortsOf(pod).Count > 0);
            Assert.All(service["spec"]!["ports"]!.AsArray(), port => Assert.All(pods, pod =>
                Assert.Equal((int)port!["port"]!, PortsOf(pod)[(string)port["targetPort"]!])));
        }

        foreach (var policy in manifests.Of("NetworkPolicy"))
        {
            var pods = manifests.Select(Manifests.LabelsOf(policy["spec"]!["podSelector"]!["matchLabels"])).Where(static pod => PortsOf(pod).Count > 0);
            Assert.All(policy["spec"]!["ingress"]?.AsArray() ?? [], rule => Assert.All(rule!["ports"]!.AsArray(), port => Assert.All(pods, pod =>
                Assert.Contains((string)port!["port"]!, PortsOf(pod).Keys))));
        }

        Assert.All(manifests.Of("Service").SelectMany(static service => service["spec"]!["ports"]!.AsArray()).Where(static port => (string?)port!["name"] == "rpc"),
            static port => Assert.Equal("kubernetes.io/h2c", (string?)port!["appProtocol"]));
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task Ports_OfContainers_AreThoseOfTheSettings(string overlay)
    {
        foreach (var pod in RenderedPod.Of(await RenderAsync(overlay), _folder).Where(static pod => pod.Ports.Count > 0))
        {
            Assert.Equal(pod.Environment["Listen__Port"], Text(pod.Ports["rpc"]));
            Assert.Equal(pod.Environment["Ops__Port"], Text(pod.Ports["ops"]));
            if (!pod.Ports.TryGetValue("silo", out var silo)) continue;
            Assert.Equal(pod.Environment["Cluster__SiloPort"], Text(silo));
            Assert.Equal(pod.Environment["Cluster__ClientPort"], Text(pod.Ports["client"]));
        }
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task Probes_AskForWhatTheyMean(string overlay)
    {
        var manifests = await RenderAsync(overlay);
        Assert.All(Serving(manifests), static container =>
        {
            Assert.Equal(("/health/live", "ops"), ProbeOf(container, "startupProbe"));
            Assert.Equal(("/health/live", "ops"), ProbeOf(container, "livenessProbe"));
            Assert.Equal(("/health/ready", "ops"), ProbeOf(container, "readinessProbe"));
        });
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task Images_AreOfThisVersion(string overlay)
    {
        var version = XDocument.Load(Repository.PathOf("Directory.Build.props")).Descendants("Version").Single().Value;
        var manifests = await RenderAsync(overlay);
        Assert.All(Containers(manifests), container => Assert.EndsWith($":{version}", (string)container["image"]!, StringComparison.Ordinal));
    }

    // Following every reference fails for a config map, a secret, a key or a volume that is not there.
    [Theory, MemberData(nameof(Overlays))]
    public async Task Settings_OfEveryPod_AreCompleteAndValid(string overlay)
    {
        var pods = RenderedPod.Of(await RenderAsync(overlay), _folder);
        Assert.Equal(overlay == "small" ? 6 : 8, pods.Count);
        Assert.All(pods, static pod =>
        {
            var settings = RoleSettings.Load(file: null, new Dictionary<string, string?>(), new Dictionary<string, string>(pod.Environment));
            Assert.Empty(settings.Faults);
            if (pod.Arguments is not [var command] || command == "migrate") return;
            var role = Role.All.Single(role => role.Name == command);
            Assert.Empty(ConfigurationCheck.Faults(role.Compose(settings)));
        });
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task Environment_NamesOnlySettings(string overlay) => Assert.All(
        RenderedPod.Of(await RenderAsync(overlay), _folder).SelectMany(static pod => pod.Environment.Keys),
        static name => Assert.True(SettingNames.IsKnown(name.Replace("__", ":", StringComparison.Ordinal)), $"{name} is no setting"));

    [Theory, MemberData(nameof(Overlays))]
    public async Task Environment_HoldsNoSecret(string overlay) => Assert.All(
        RenderedPod.Of(await RenderAsync(overlay), _folder).SelectMany(static pod => pod.Environment.Values),
        static value => Assert.DoesNotContain(value, Secrets.Values));

    [Theory, MemberData(nameof(Overlays))]
    public async Task Stop_HasTimeForTheWholeDrain(string overlay)
    {
        var manifests = await RenderAsync(overlay);
        var settings = RenderedPod.Of(manifests, _folder).First(static pod => pod.Ports.Count > 0).Environment;
        var drain = TimeSpan.Parse(settings["Drain__Delay"], CultureInfo.InvariantCulture) + TimeSpan.Parse(settings["Rpc__DrainTime"], CultureInfo.InvariantCulture);
        var rest = TimeSpan.FromSeconds(45); // logs that do not move are given up after ten, what is under way when the host stops after thirty
        Assert.All(manifests.Workloads.Where(static each => (string?)each.Workload["kind"] != "Job"), each =>
            Assert.True((int)each.Template["spec"]!["terminationGracePeriodSeconds"]! >= (drain + rest).TotalSeconds));
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task Drain_IsLongerThanReadinessNeedsToBeNoticed(string overlay)
    {
        var manifests = await RenderAsync(overlay);
        var drain = TimeSpan.Parse(RenderedPod.Of(manifests, _folder).First(static pod => pod.Ports.Count > 0).Environment["Drain__Delay"], CultureInfo.InvariantCulture);
        Assert.All(Serving(manifests), container => Assert.True(
            drain.TotalSeconds > (int)container["readinessProbe"]!["periodSeconds"]! * (int)container["readinessProbe"]!["failureThreshold"]!));
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task Pods_HaveNoRightsTheyDoNotNeed(string overlay)
    {
        var manifests = await RenderAsync(overlay);
        Assert.All(manifests.Workloads, static each =>
        {
            var spec = each.Template["spec"]!;
            Assert.False((bool)spec["automountServiceAccountToken"]!);
            Assert.True((bool)spec["securityContext"]!["runAsNonRoot"]!);
            var security = spec["containers"]!.AsArray().Single()!["securityContext"]!;
            Assert.False((bool)security["allowPrivilegeEscalation"]!);
            Assert.True((bool)security["readOnlyRootFilesystem"]!);
            Assert.Equal("ALL", (string?)security["capabilities"]!["drop"]!.AsArray().Single());
        });
        Assert.Empty(manifests.Of("Role").Concat(manifests.Of("ClusterRole")));
        Assert.All(Containers(manifests), static container =>
        {
            Assert.NotNull(container["resources"]!["requests"]!["cpu"]);
            Assert.NotNull(container["resources"]!["requests"]!["memory"]);
            Assert.NotNull(container["resources"]!["limits"]!["memory"]);
        });
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task SiloPorts_AdmitSilosAndFrontsOnly(string overlay)
    {
        var manifests = await RenderAsync(overlay);
        var silo = manifests.Get("StatefulSet", "xmtp-silo")["spec"]!["template"]!.AsObject();
        var rules = manifests.Of("NetworkPolicy")
            .Where(policy => manifests.Select(Manifests.LabelsOf(policy["spec"]!["podSelector"]!["matchLabels"])).Contains(silo))
            .SelectMany(static policy => policy["spec"]!["ingress"]?.AsArray() ?? []);
        var admitted = rules
            .SelectMany(static rule => rule!["ports"]!.AsArray().Select(port => (Port: (string)port!["port"]!, From: rule["from"])))
            .Where(static rule => rule.Port is "silo" or "client")
            .Select(static rule => (rule.Port, (string?)rule.From!.AsArray().Single()!["podSelector"]!["matchLabels"]!["app.kubernetes.io/component"]));
        Assert.Equal([("client", "front"), ("silo", "silo")], admitted.Order());
    }

    [Fact]
    public async Task Spreading_ThatIsStrict_CountsNoNodeThatTakesNothing()
    {
        var strict = (await RenderAsync("production")).Workloads
            .SelectMany(static each => each.Template["spec"]!["topologySpreadConstraints"]?.AsArray() ?? [])
            .Where(static spread => (string?)spread!["whenUnsatisfiable"] == "DoNotSchedule").ToList();
        Assert.NotEmpty(strict);
        Assert.All(strict, static spread => Assert.Equal("Honor", (string?)spread!["nodeTaintsPolicy"]));
    }

    // A policy without labels holds for every pod of the namespace: a database beside the node would not be reached any more.
    [Theory, MemberData(nameof(Overlays))]
    public async Task NetworkPolicies_ApplyToTheNodesPodsOnly(string overlay) => Assert.All(
        (await RenderAsync(overlay)).Of("NetworkPolicy"),
        static policy => Assert.Equal("xmtp", Manifests.LabelsOf(policy["spec"]!["podSelector"]!["matchLabels"]).GetValueOrDefault("app.kubernetes.io/name")));

    [Fact]
    public async Task Autoscalers_OfProduction_ScaleWhatIsThere()
    {
        var manifests = await RenderAsync("production");
        Assert.All(manifests.Of("HorizontalPodAutoscaler"), scaler =>
        {
            var target = scaler["spec"]!["scaleTargetRef"]!;
            var workload = manifests.Get((string)target["kind"]!, (string)target["name"]!);
            Assert.Null(workload["spec"]!["replicas"]); // two masters of one number would undo each other
        });
        Assert.Equal(["xmtp-front", "xmtp-gateway"], manifests.Of("HorizontalPodAutoscaler").Select(Manifests.NameOf).Order());
    }

    private Task<Manifests> RenderAsync(string overlay) => Manifests.RenderAsync(_folder, overlay, Secrets, ["service-monitor"]);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static IEnumerable<JsonObject> Containers(Manifests manifests) =>
        manifests.Workloads.SelectMany(static each => each.Template["spec"]!["containers"]!.AsArray()).Select(static container => container!.AsObject());

    private static IEnumerable<JsonObject> Serving(Manifests manifests) => Containers(manifests).Where(static container => container["ports"] is not null);

    private static Dictionary<string, int> PortsOf(JsonObject template) =>
        (template["spec"]!["containers"]!.AsArray().Single()!["ports"]?.AsArray() ?? []).ToDictionary(static port => (string)port!["name"]!, static port => (int)port!["containerPort"]!);

    private static (string? Path, string? Port) ProbeOf(JsonObject container, string name) =>
        ((string?)container[name]?["httpGet"]?["path"], (string?)container[name]?["httpGet"]?["port"]);
}
