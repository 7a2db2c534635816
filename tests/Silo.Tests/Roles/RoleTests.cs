using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Silo.Configuration;
using XmtpOrleans.Silo.Roles;

namespace XmtpOrleans.Silo.Tests.Roles;

public sealed class RoleTests
{
    private static readonly Dictionary<string, string?> Good = new()
    {
        ["Node:Id"] = "100",
        ["Signer:Key"] = new string('1', 64),
        ["Payer:Key"] = "0x" + new string('2', 64),
        ["Postgres:ConnectionString"] = "Host=db;Username=xmtp;Password=verysecret;Database=xmtp",
        ["Cluster:AdvertisedAddress"] = "127.0.0.1",
        ["Network:Nodes:0:Id"] = "100",
        ["Network:Nodes:0:Url"] = "https://node.example.org",
        ["Network:Nodes:0:SigningAddress"] = "0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a",
    };

    public static TheoryData<string> Names => [.. Role.All.Select(role => role.Name)];

    [Theory, MemberData(nameof(Names))]
    public void Compose_GoodSettings_HasNoFaultAndCanBeBuilt(string name)
    {
        var role = Role.All.Single(role => role.Name == name);
        var settings = SettingsOf(Good);
        var builder = role.Compose(settings);
        Assert.Empty(settings.Faults);
        Assert.Empty(ConfigurationCheck.Faults(builder));
        builder.Host.UseServiceProviderFactory(new DefaultServiceProviderFactory(new ServiceProviderOptions { ValidateOnBuild = true }));
        using var application = builder.Build();
        Assert.NotNull(application.UseRpc());
        Assert.DoesNotContain(role.Describe(application.Services), row => row.Text.Contains("verysecret", StringComparison.Ordinal) || row.Text.Contains(new string('1', 64), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("node", "Node:Id", "Signer:Key", "Postgres:ConnectionString", "Cluster:AdvertisedAddress")]
    [InlineData("front", "Node:Id", "Postgres:ConnectionString")]
    [InlineData("gateway", "Payer:Key", "Postgres:ConnectionString", "Network:Nodes")]
    public void Compose_NothingGiven_NamesAllThatIsNeeded(string name, params string[] needed)
    {
        var faults = FaultsOf(name, []);
        Assert.All(needed, key => Assert.Single(faults, fault => fault.StartsWith(key, StringComparison.Ordinal)));
        Assert.Equal(needed.Length, faults.Count);
    }

    [Theory]
    [InlineData("node", "Signer:Key", "zzsecret", "Signer:Key is not a private key")]
    [InlineData("gateway", "Payer:Key", "zzsecret", "Payer:Key is not a private key")]
    [InlineData("node", "Postgres:ConnectionString", "Hozt=zzsecret", "Postgres:ConnectionString is not a connection string")]
    [InlineData("front", "Postgres:ConnectionString", "Password=zzsecret", "Postgres:ConnectionString names no Host")]
    [InlineData("front", "Listen:Port", "many", "Listen:Port = many")]
    [InlineData("front", "Listen:Port", "0", "Listen:Port = 0")]
    [InlineData("front", "Listen:Host", "example.org", "Listen:Host = example.org")]
    [InlineData("front", "Listen:CertificatePath", "/nowhere.pem", "Listen:CertificatePath and Listen:CertificateKeyPath")]
    [InlineData("front", "Ops:Host", "example.org", "Ops:Host = example.org")]
    [InlineData("front", "Ops:Dashboard", "maybe", "Ops:Dashboard = maybe: give true or false")]
    [InlineData("node", "Cluster:Tracing", "maybe", "Cluster:Tracing = maybe: give true or false")]
    [InlineData("front", "Admission:RequirePrivateMessages", "maybe", "Admission:RequirePrivateMessages = maybe: give true or false")]
    [InlineData("gateway", "Admission:RequirePrivateMesages", "false", "--set Admission:RequirePrivateMesages: there is no such setting")]
    [InlineData("front", "Drain:Delay", "01:00:00", "Drain:Delay = 01:00:00")]
    [InlineData("gateway", "Payer:NodeSelection", "fastest", "Payer:NodeSelection = fastest: give one of Stable, Manual, Ordered, Random, Closest")]
    [InlineData("gateway", "Payer:NodeSelection", "manual", "Payer:NodeSelection = Manual: needs at least one node in Payer:PreferredNodes")]
    [InlineData("gateway", "Payer:PreferredNodes:0", "near", "Payer:PreferredNodes has near: not a node's id")]
    [InlineData("gateway", "Network:Nodes:0:Url", "node.example.org", "Network:Nodes:0:Url = node.example.org")]
    [InlineData("gateway", "Network:Nodes:0:SigningAddress", "0x12", "Network:Nodes:0:SigningAddress = 0x12")]
    [InlineData("gateway", "Network:Nodes:0:Id", "7", "Network:Nodes:0:Id = 7")]
    [InlineData("gateway", "Network:Nodes:0:Id", "abc", "Network:Nodes:0:Id = abc: not a node's id")]
    [InlineData("front", "Node:Id", "", "Node:Id is not set; give it: it must be between 100 and")]
    [InlineData("front", "Postgres:ConnectionString", "", "Postgres:ConnectionString is not set; give it, or the file that holds it with Postgres:ConnectionStringFile")]
    [InlineData("front", "Logging:LogLevel:Default", "loud", "Logging:LogLevel:Default = loud: give one of Trace, Debug")]
    [InlineData("node", "Cluster:SiloPort", "70000", "Cluster:SiloPort = 70000: must be between 1 and 65535")]
    [InlineData("node", "Cluster:Tls:CertificatePath", "/x", "Cluster:Tls:CertificatePath, Cluster:Tls:KeyPath and Cluster:Tls:AuthorityPath belong together")]
    public void Compose_OneSettingWrong_NamesItWithoutSecrets(string name, string key, string value, string expected)
    {
        var fault = Assert.Single(FaultsOf(name, new Dictionary<string, string?>(Good) { [key] = value }));
        Assert.StartsWith(expected, fault, StringComparison.Ordinal);
        Assert.DoesNotContain("zzsecret", fault, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Names))]
    public void Compose_RulesOfAdmissionRelaxed_AreInEveryRole(string name)
    {
        var rules = typeof(AdmissionOptions).GetProperties().Where(static property => property.PropertyType == typeof(bool)).ToList();
        var relaxed = new Dictionary<string, string?>(Good);
        foreach (var rule in rules) relaxed[$"Admission:{rule.Name}"] = "false";

        using var application = Role.All.Single(role => role.Name == name).Compose(SettingsOf(relaxed)).Build();

        var options = application.Services.GetRequiredService<IOptions<AdmissionOptions>>().Value;
        Assert.All(rules, rule => Assert.Equal(false, rule.GetValue(options)));
        Assert.NotEmpty(rules);
    }

    [Fact]
    public void Compose_NodeListedTwice_SaysSo()
    {
        var twice = new Dictionary<string, string?>(Good);
        foreach (var (key, value) in Good.Where(static each => each.Key.StartsWith("Network:Nodes:0", StringComparison.Ordinal))) twice[key.Replace(":0:", ":1:", StringComparison.Ordinal)] = value;
        Assert.Contains("more than once", Assert.Single(FaultsOf("gateway", twice)), StringComparison.Ordinal);
    }

    private static RoleSettings SettingsOf(Dictionary<string, string?> given) => RoleSettings.Load(null, given, new Dictionary<string, string>());

    private static List<string> FaultsOf(string name, Dictionary<string, string?> given)
    {
        var settings = SettingsOf(given);
        return [.. settings.Faults, .. ConfigurationCheck.Faults(Role.All.Single(role => role.Name == name).Compose(settings))];
    }
}
