using System.Reflection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Tests.Originators;

public sealed class LogKeeperTests
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _clock = new();
    private readonly EventLog _logger = new();
    private readonly Grains _grains = (Grains)(object)DispatchProxy.Create<IGrainFactory, Grains>();
    private readonly Lifecycle _silo = new();

    public LogKeeperTests() => new LogKeeper(
        (IGrainFactory)(object)_grains, new HostedLogs(), Options.Create(new ChainLogOptions { FollowPeriod = Period }), _clock, _logger.For<LogKeeper>()).Participate(_silo);

    [Fact]
    public async Task Start_Silo_NamesBothLogsAtOnceAndInEveryPeriod()
    {
        await _silo.StartAsync();
        Assert.Equal(["0", "1"], _grains.Named.Order());

        for (var period = 2; period <= 4; period++)
        {
            _clock.Advance(Period);
            await Eventually.TrueAsync(() => _grains.Named.Count == period * 2, "both logs are named again");
        }

        await _silo.StopAsync();
    }

    [Fact]
    public async Task Start_Silo_WaitsUntilItIsActive()
    {
        await _silo.StartAsync();

        Assert.Equal(ServiceLifecycleStage.Active, _silo.Stage);
        await _silo.StopAsync();
    }

    [Theory]
    [InlineData(typeof(TimeoutException), "Unreachable")]
    [InlineData(typeof(SiloUnavailableException), "Unreachable")]
    [InlineData(typeof(InvalidOperationException), "CannotLive")]
    public async Task Follow_ALogFails_SaysSoAndNamesItAgainWithTheOther(Type failure, string line)
    {
        _grains.Failing = name => name == "1" ? (Exception)Activator.CreateInstance(failure)! : null;
        await _silo.StartAsync();
        await Eventually.TrueAsync(() => _logger.Count(line) == 1, "the failure is logged");

        _clock.Advance(Period);

        await Eventually.TrueAsync(() => _logger.Count(line) == 2, "the log is named again");
        Assert.Equal(2, _grains.Named.Count(name => name == "0"));
        await _silo.StopAsync();
    }

    [Fact]
    public async Task Stop_Silo_NamesNobodyAnyMore()
    {
        await _silo.StartAsync();

        await _silo.StopAsync();
        _clock.Advance(Period * 3);

        Assert.Equal(2, _grains.Named.Count);
    }

    /// <summary>Grains that only remember that they were named, by their key.</summary>
#pragma warning disable CA1852 // A proxy is made by deriving from it.
    internal class Grains : DispatchProxy
#pragma warning restore CA1852
    {
        private readonly List<string> _named = [];

        public IReadOnlyList<string> Named
        {
            get
            {
                lock (_named) { return [.. _named]; }
            }
        }

        public Func<string, Exception?> Failing { get; set; } = static _ => null;

        public Task NameAsync(string key)
        {
            lock (_named) { _named.Add(key); }
            return Failing(key) is { } failure ? Task.FromException(failure) : Task.CompletedTask;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            var log = DispatchProxy.Create<IChainLogGrain, Log>();
            ((Log)(object)log).Of(this, ((GrainId)args![0]!).Key.ToString()!);
            return log;
        }
    }

#pragma warning disable CA1852 // A proxy is made by deriving from it.
    internal class Log : DispatchProxy
#pragma warning restore CA1852
    {
        private Grains _grains = null!;
        private string _key = null!;

        public void Of(Grains grains, string key) => (_grains, _key) = (grains, key);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name == nameof(IChainLogGrain.FollowAsync)
            ? _grains.NameAsync(_key)
            : throw new NotSupportedException(targetMethod.Name);
    }

    private sealed class Lifecycle : ISiloLifecycle
    {
        private ILifecycleObserver _observer = null!;

        public int Stage { get; private set; }

        public int HighestCompletedStage => ServiceLifecycleStage.Active;

        public int LowestStoppedStage => ServiceLifecycleStage.Last;

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            (Stage, _observer) = (stage, observer);
            return null!; // nobody unsubscribes
        }

        public Task StartAsync() => _observer.OnStart(TestContext.Current.CancellationToken);

        public Task StopAsync() => _observer.OnStop(TestContext.Current.CancellationToken);
    }
}
