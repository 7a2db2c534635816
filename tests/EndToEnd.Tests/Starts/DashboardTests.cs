using System.Diagnostics;
using System.Net;
using XmtpOrleans.EndToEnd.Tests.Cluster;
using XmtpOrleans.EndToEnd.Tests.Processes;

namespace XmtpOrleans.EndToEnd.Tests.Starts;

/// <summary>Orleans' dashboard is served where the operator asked for it, and nowhere else.</summary>
public sealed class DashboardTests : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(30) };
    private readonly TestFolder _folder = new();

    public void Dispose()
    {
        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Dev_NotAskedFor_ServesNone()
    {
        await using var silo = new SiloProcess(_folder.Path);
        await silo.StartAsync();

        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(silo.Ops, "/dashboard/"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(silo.Ops, "/dashboard/ClusterStats"));
        Assert.Equal(0, (await silo.TerminateAsync()).Code);
        Assert.DoesNotContain("/dashboard", silo.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dev_AskedFor_IsOnTheOpsPortAloneAndHoldsUpNoStop()
    {
        await using var silo = new SiloProcess(_folder.Path).WithEnvironment("Ops__Dashboard", "true");
        await silo.StartAsync();

        Assert.Contains("<html", await _http.GetStringAsync(new Uri(silo.Ops, "/dashboard/"), TestContext.Current.CancellationToken), StringComparison.OrdinalIgnoreCase);
        Assert.Contains(
            "SequencerGrain", await _http.GetStringAsync(new Uri(silo.Ops, "/dashboard/GrainTypes"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(silo.Ops, "/health/ready"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(silo.Node, "/dashboard/"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(silo.Gateway, "/dashboard/"));

        using var logs = await _http.GetAsync(new Uri(silo.Ops, "/dashboard/Trace"), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, logs.StatusCode);
        Assert.Equal(0, (await silo.TerminateAsync().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).Code);
        Assert.Contains("/metrics  /dashboard", silo.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dev_AskedForWithAWord_SaysWhatToGive()
    {
        await using var silo = new SiloProcess(_folder.Path).WithEnvironment("Ops__Dashboard", "maybe");

        var exit = await silo.RunToExitAsync();

        Assert.Equal(2, exit.Code);
        Assert.Equal("Ops:Dashboard = maybe: give true or false", Assert.Single(exit.Errors));
    }

    [Fact]
    public async Task Cluster_AskedFor_ShowsEverySiloFromEachOfItsProcesses()
    {
        await using var cluster = await ClusterProcesses.StartAsync(
            silos: 2, fronts: 1, gateways: 1, new Dictionary<string, string> { ["Ops:Dashboard"] = "true" });

        foreach (var process in cluster.Silos.Concat(cluster.Fronts))
        {
            // It looks around once a second, and only from its start on.
            for (var since = Stopwatch.StartNew(); ; await Task.Delay(100, TestContext.Current.CancellationToken))
            {
                using var answer = await _http.GetAsync(new Uri(process.Ops, "/dashboard/DashboardCounters"), TestContext.Current.CancellationToken);
                var counters = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                if (answer.IsSuccessStatusCode && cluster.Silos.All(silo => counters.Contains($":{silo.SiloPort}", StringComparison.Ordinal))) break;
                Assert.True(since.Elapsed < TimeSpan.FromSeconds(30), $"{process.Name}: {(int)answer.StatusCode} {counters}");
            }
        }

        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(cluster.Gateways[0].Ops, "/dashboard/"));
    }

    private async Task<HttpStatusCode> StatusAsync(Uri server, string path)
    {
        using var answer = await _http.GetAsync(new Uri(server, path), TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
