using XmtpOrleans.Silo.Configuration;

namespace XmtpOrleans.Silo.Tests.Configuration;

public sealed class RoleSettingsTests : IDisposable
{
    private static readonly Dictionary<string, string?> NoOptions = [];
    private static readonly Dictionary<string, string> NoEnvironment = [];

    private readonly string _folder = Directory.CreateTempSubdirectory("xmtp-settings-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_SettingGivenInEveryWay_TheLastWayCounts()
    {
        var file = FileOf("""{ "Listen": { "Port": 1 }, "Ops": { "Port": 1 }, "Node": { "Id": 1 }, "Payer": { "MaxAttempts": 1 } }""");
        var environment = new Dictionary<string, string>
        {
            ["XMTPD_API_PORT"] = "2", ["XMTPD_METRICS_PORT"] = "2", ["XMTPD_PAYER_ENVELOPE_PUBLISH_RETRIES"] = "2", ["Ops__Port"] = "3", ["Listen__Port"] = "3",
        };

        var settings = RoleSettings.Load(file, new Dictionary<string, string?> { ["Listen:Port"] = "4" }, environment);

        Assert.Empty(settings.Faults);
        Assert.Equal(("1", "2", "3", "4"), (
            settings.Values["Node:Id"], settings.Values["Payer:MaxAttempts"], settings.Values["Ops:Port"], settings.Values["Listen:Port"]));
    }

    [Theory]
    [InlineData("XMTPD_API_SEND_KEEP_ALIVE_INTERVAL", "1m30s", "NodeApi:KeepAliveInterval", "00:01:30")]
    [InlineData("XMTPD_DB_READ_TIMEOUT", "1500ms", "Postgres:ReadTimeoutSeconds", "2")]
    [InlineData("XMTPD_RATE_LIMIT_TRUSTED_PROXY_CIDRS", "10.0.0.0/8, 192.168.0.0/16", "Rpc:TrustedProxies:1", "192.168.0.0/16")]
    [InlineData("XMTPD_PAYER_NODE_SELECTOR_STRATEGY", "closest", "Payer:NodeSelection", "closest")]
    [InlineData("XMTPD_PAYER_NODE_SELECTOR_PREFERRED_NODES", "200,100", "Payer:PreferredNodes:1", "100")]
    [InlineData("XMTPD_PAYER_NODE_SELECTOR_CACHE_EXPIRY", "10m", "Payer:LatencyExpiry", "00:10:00")]
    [InlineData("XMTPD_LOG_LEVEL", "debug", "Logging:LogLevel:XmtpOrleans", "Debug")]
    [InlineData("XMTPD_DB_WRITER_CONNECTION_STRING", "postgres://u:p%40s@db:6000/x?sslmode=require", "Postgres:ConnectionString",
        "Host=db;Port=6000;Username=u;Password=p@s;Database=x;SSL Mode=Require")]
    public void Load_NameOfTheReference_IsTheSetting(string name, string value, string key, string expected) =>
        Assert.Equal(expected, RoleSettings.Load(null, NoOptions, new Dictionary<string, string> { [name] = value }).Values[key]);

    [Fact]
    public void Load_NamesOfTheReferenceThatSayNothingHere_AreTold()
    {
        var settings = RoleSettings.Load(null, NoOptions, new Dictionary<string, string> { ["XMTPD_REDIS_URL"] = "redis://x", ["PATH"] = "/bin" });
        Assert.Equal(["XMTPD_REDIS_URL"], settings.Unused);
        Assert.Empty(settings.Faults);
    }

    [Fact]
    public void Load_SecretInAFile_IsItsValue()
    {
        var path = FileOf("  abc\n");
        var settings = RoleSettings.Load(null, NoOptions, new Dictionary<string, string> { ["Signer__KeyFile"] = path });
        Assert.Equal("abc", settings.Values["Signer:Key"]);
    }

    [Fact]
    public void Load_EverythingWrong_IsAllTold()
    {
        var file = FileOf("""{ "Node": { "Idd": 1 } }""");
        var environment = new Dictionary<string, string>
        {
            ["XMTPD_DB_READ_TIMEOUT"] = "soon",
            ["Signer__KeyFile"] = Path.Combine(_folder, "missing"),
            ["Payer__Key"] = "in the open",
            ["Payer__KeyFile"] = FileOf("in a file"),
            ["Postgres__ConnectionStringFile"] = FileOf(""),
            ["Listen__Prot"] = "1",
            ["Foreign__Name"] = "is nobody's business",
        };

        var faults = RoleSettings.Load(file, new Dictionary<string, string?> { ["Ops:Pot"] = "1" }, environment).Faults;

        Assert.All(
            ["Node:Idd", "XMTPD_DB_READ_TIMEOUT = soon", "Signer:KeyFile", "Payer:Key and Payer:KeyFile", "Postgres:ConnectionStringFile", "Listen__Prot", "--set Ops:Pot"],
            part => Assert.Single(faults, fault => fault.Contains(part, StringComparison.Ordinal)));
        Assert.Equal(7, faults.Count);
    }

    [Theory]
    [InlineData("{ not json")]
    [InlineData("[1]")]
    public void Load_FileIsNoJsonObject_NamesIt(string text)
    {
        var file = FileOf(text);
        Assert.StartsWith($"--config {file}", Assert.Single(RoleSettings.Load(file, NoOptions, NoEnvironment).Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FileIsNotThere_NamesIt()
    {
        var file = Path.Combine(_folder, "none.json");
        Assert.StartsWith($"--config {file}", Assert.Single(RoleSettings.Load(file, NoOptions, NoEnvironment).Faults), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://")]
    [InlineData("postgres://user:secret@host/db?wonder=secret")]
    [InlineData("postgres://user:secret@host/db?sslmode=secret")]
    public void Load_DatabaseUrlThatIsNone_IsToldWithoutItsSecret(string url)
    {
        var fault = Assert.Single(RoleSettings.Load(null, NoOptions, new Dictionary<string, string> { ["Postgres__ConnectionString"] = url }).Faults);
        Assert.StartsWith("Postgres:ConnectionString: ", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault, StringComparison.Ordinal);
    }

    private string FileOf(string text)
    {
        var path = Path.Combine(_folder, Path.GetRandomFileName());
        File.WriteAllText(path, text);
        return path;
    }
}
