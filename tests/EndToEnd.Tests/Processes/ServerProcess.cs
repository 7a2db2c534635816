using System.Diagnostics;
using System.Net;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Processes;

/// <summary>The executable as an operator runs it: a process of its own with arguments that stay the same over its restarts. Whatever becomes of
/// the tests, it ends with them.</summary>
internal class ServerProcess : IAsyncDisposable
{
    /// <summary>Names another executable than the one the build made, such as a published one.</summary>
    private const string ExecutableVariable = "XMTP_SILO";

    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollPause = TimeSpan.FromMilliseconds(20);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
    private readonly List<string> _arguments;
    private readonly string[] _launcher;
    private readonly Dictionary<string, string> _environment = [];
    private Process? _process;
    private Process? _watchdog;
    private ProcessOutput _output = new();

    /// <param name="ops">Where its health and metrics will be.</param>
    /// <param name="arguments">Its command and options.</param>
    /// <param name="launcher">A command that runs another one in its own process, such as <c>nsenter</c>, to start the executable through.</param>
    public ServerProcess(Uri ops, IEnumerable<string> arguments, string[]? launcher = null)
    {
        if (OperatingSystem.IsWindows()) Requirement.Missing("The tests end processes by signals, which this system does not have.");
        (Ops, _arguments, _launcher) = (ops, [.. arguments], launcher ?? []);
    }

    /// <summary>The built executable.</summary>
    public static string Executable { get; } = Environment.GetEnvironmentVariable(ExecutableVariable) ?? Path.Combine(
        Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/'))!, "..", "XmtpOrleans.Silo", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')),
        "XmtpOrleans.Silo");

    /// <summary>Where health and metrics are.</summary>
    public Uri Ops { get; }

    /// <summary>File that everything it writes is added to, over all its starts.</summary>
    public string? LogPath { get; init; }

    /// <summary>The running process.</summary>
    public int Id => _process!.Id;

    /// <summary>Whether it was started and has not ended.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>What the last process wrote.</summary>
    public string Output => _output.ToString();

    /// <summary>Adds an option, or gives one again, which counts in place of the first.</summary>
    public ServerProcess With(string option, string value)
    {
        var at = _arguments.IndexOf(option);
        if (at >= 0) _arguments[at + 1] = value;
        else _arguments.AddRange(option, value);
        return this;
    }

    /// <summary>Puts an argument in another one's place, from its next start on.</summary>
    public void Replace(string argument, string by) => _arguments[_arguments.IndexOf(argument)] = by;

    /// <summary>Sets a variable of the process's environment, from its next start on.</summary>
    public ServerProcess WithEnvironment(string name, string value)
    {
        _environment[name] = value;
        return this;
    }

    /// <summary>Starts it and waits until it says that it is ready.</summary>
    public async Task StartAsync()
    {
        Launch();
        await WaitForAsync("/health/ready");
    }

    /// <summary>Starts it and waits until it answers at all, which is long before it is ready.</summary>
    public async Task StartUntilLiveAsync()
    {
        Launch();
        await WaitForAsync("/health/live");
    }

    /// <summary>Starts it and waits for its end.</summary>
    public async Task<SiloExit> RunToExitAsync()
    {
        Launch();
        return await ExitAsync();
    }

    /// <summary>SIGKILL: nothing in the process gets a last word.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await ExitAsync();
    }

    /// <summary>SIGTERM, and the end that follows.</summary>
    public async Task<SiloExit> TerminateAsync()
    {
        await SignalAsync("TERM");
        return await ExitAsync();
    }

    /// <summary>SIGSTOP: the process stands still with its connections open.</summary>
    public Task PauseAsync() => SignalAsync("STOP");

    /// <summary>SIGCONT: a paused process goes on as if no time had passed.</summary>
    public Task ResumeAsync() => SignalAsync("CONT");

    /// <summary>Waits for an end that comes by itself.</summary>
    public Task<SiloExit> WaitForExitAsync() => ExitAsync();

    /// <summary>Fails with how it ended and what it wrote when it is not running.</summary>
    public async Task AssertRunningAsync()
    {
        if (!_process!.HasExited) return;
        var exit = await ExitAsync();
        Assert.Fail($"The process ended by itself with {exit.Code}:\n{Output}");
    }

    /// <summary>What the readiness endpoint says now.</summary>
    public async Task<(bool IsReady, string Text)> ReadinessAsync()
    {
        using var answer = await _http.GetAsync(new Uri(Ops, "/health/ready"));
        return (answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>The lines of its metrics; none when it does not answer.</summary>
    public async Task<IReadOnlyList<string>> MetricsAsync()
    {
        try
        {
            return (await _http.GetStringAsync(new Uri(Ops, "/metrics"))).Split('\n');
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            return [];
        }
    }

    /// <summary>Waits until the readiness endpoint says so, or the contrary.</summary>
    public async Task WaitForReadinessAsync(bool isReady)
    {
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            var (isNow, text) = await ReadinessAsync();
            if (isNow == isReady) return;
            if (deadline.Elapsed > ReadyWithin) Assert.Fail($"Waited for {(isReady ? "readiness" : "its end")}, which stayed: {text}\n{Output}");
            await Task.Delay(PollPause);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false }) await KillAsync();
        _process?.Dispose();
        _http.Dispose();
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{Id}"]);
        await kill.WaitForExitAsync();
    }

    private void Launch()
    {
        Assert.True(_process is null or { HasExited: true }, "It runs already.");
        Assert.True(File.Exists(Executable), $"{Executable} is not built.");
        _process?.Dispose();
        _output = new ProcessOutput { LogPath = LogPath };
        string[] command = [.. _launcher, Executable, .. _arguments];
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _output.Follow(_process);

        // Its standard input ends with this process, however that ends.
        _watchdog = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"cat > /dev/null; kill -9 {_process.Id}"])
        {
            RedirectStandardInput = true,
            UseShellExecute = false,
        });
    }

    private async Task<SiloExit> ExitAsync()
    {
        using var limit = new CancellationTokenSource(EndsWithin);
        try
        {
            await _process!.WaitForExitAsync(limit.Token); // of both outputs, too
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The process did not end within {EndsWithin}:\n{Output}");
        }

        _watchdog?.Kill();
        _watchdog?.Dispose();
        _watchdog = null;
        return new SiloExit(_process!.ExitCode, _output.Errors);
    }

    private async Task WaitForAsync(string path)
    {
        var deadline = Stopwatch.StartNew();
        var last = "";
        while (true)
        {
            try
            {
                using var answer = await _http.GetAsync(new Uri(Ops, path));
                if (answer.IsSuccessStatusCode) return;
                last = await answer.Content.ReadAsStringAsync();
            }
            catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
            {
                last = failure.Message; // it does not listen yet, or the machine is too busy for it to answer
            }

            if (_process!.HasExited)
            {
                var exit = await ExitAsync();
                Assert.Fail($"The process ended with {exit.Code} instead of answering {path}:\n{Output}");
            }

            if (deadline.Elapsed > ReadyWithin) Assert.Fail($"No good answer to {path} within {ReadyWithin}, the last one: {last}\n{Output}");
            await Task.Delay(PollPause);
        }
    }
}
