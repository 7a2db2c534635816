using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using Orleans.Runtime;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Silo.Ops;
using XmtpOrleans.Storage;

namespace XmtpOrleans.Silo;

/// <summary>What one process serves: its applications, each with a port of its own, and the operator's endpoint. Started in the order of their
/// dependencies, drained in the opposite one.</summary>
internal sealed class ServingProcess
{
    private readonly IReadOnlyList<ServedApplication> _served;
    private readonly IReadOnlyList<WebApplication> _applications;
    private readonly WebApplication _ops;
    private readonly TimeSpan _drainDelay;
    private readonly TaskCompletionSource _stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes the built applications; nothing starts yet.</summary>
    /// <param name="applications">Whoever needs another one after it.</param>
    /// <param name="ops">Where the operator's endpoint listens.</param>
    /// <param name="drainDelay">How long calls are still taken after readiness went off.</param>
    public ServingProcess(IReadOnlyList<ServedApplication> applications, IPEndPoint ops, TimeSpan drainDelay)
    {
        var readiness = new Readiness();
        foreach (var served in applications)
        {
            readiness.Add(() => Fault(served.Name, served.Application));
            served.Application.Lifetime.ApplicationStopping.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), _stopping);
        }

        _served = applications;
        _applications = [.. applications.Select(static served => served.Application)];
        _ops = OpsEndpoint.Build(ops, readiness, _applications.Select(static application => application.Services));
        _drainDelay = drainDelay;
    }

    /// <summary>How long a database that is away, or that nobody has migrated yet, is waited for before the start fails;
    /// <see cref="Timeout.InfiniteTimeSpan"/> sets no limit. Default: not at all.</summary>
    public TimeSpan DatabaseLimit { get; init; } = TimeSpan.Zero;

    /// <summary>Completes when an application stops: told by <see cref="StopAsync()"/>, or by itself, when a part of it failed that it cannot go on without.
    /// Then it takes no streams any more, and somebody has to stop the rest.</summary>
    public Task Stopping => _stopping.Task;

    /// <summary>Starts everything. The operator's endpoint answers from the first moment.</summary>
    /// <exception cref="StartException">Something is not as it has to be; nothing stays running.</exception>
    /// <exception cref="OperationCanceledException">The process was told to stop meanwhile; nothing stays running.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _ops.StartAsync(cancellationToken);
            foreach (var served in _served)
            {
                await OpenDatabaseAsync(served, cancellationToken);
                await served.Application.StartAsync(cancellationToken);
                StateOf(served.Application).MoveTo(ServingPhase.Serving);
            }
        }
        catch (Exception failure) when (cancellationToken.IsCancellationRequested)
        {
            // Not everybody who is broken off calls it a cancellation: a silo has an exception of its own.
            await StopStartedAsync();
            throw new OperationCanceledException("The start was broken off.", failure, cancellationToken);
        }
        catch (OperationCanceledException) when (_stopping.Task.IsCompleted)
        {
            await StopStartedAsync();
            throw new StartException("a part of this process failed while it started, as told above");
        }
        catch (DbException failure)
        {
            await StopStartedAsync();
            throw new StartException($"The database went away while the process started: {failure.Message}");
        }
        catch (Exception failure) when (failure is StoreException or IOException or SocketException or OrleansConfigurationException)
        {
            await StopStartedAsync();
            throw new StartException(failure.Message);
        }
    }

    /// <summary>Drains: health fails first; after the drain delay the logs move to other silos, and the applications end their streams and finish what they took, the last one first.
    /// What fails on the way does not keep the rest from stopping.</summary>
    public async Task StopAsync()
    {
        var isServing = _applications.Any(static application => StateOf(application).Phase == ServingPhase.Serving);
        foreach (var application in _applications) StateOf(application).MoveTo(ServingPhase.Leaving);
        try
        {
            if (!isServing) return;
            await Task.Delay(_drainDelay, TimeProvider.System, CancellationToken.None);
            foreach (var application in _applications)
            {
                if (application.Services.GetService<ILogHandOver>() is { } handOver) await handOver.MoveAwayAsync(CancellationToken.None);
            }
        }
        finally
        {
            await StopAsync(_applications.Count - 1);
        }
    }

    // What has not wholly started may not stop well either; why the start failed is what the operator needs to know.
    private async Task StopStartedAsync()
    {
        try
        {
            await StopAsync();
        }
#pragma warning disable CA1031 // It must not hide the first failure.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            await Console.Error.WriteLineAsync($"stopping what had started failed, too: {failure.Message}");
        }
    }

    private Task OpenDatabaseAsync(ServedApplication served, CancellationToken cancellationToken)
    {
        var services = served.Application.Services;
        var (database, state, isOpen) = (services.GetService<INodeDatabase>(), StateOf(served.Application), false);
        return new DatabaseWait(DatabaseLimit, TimeProvider.System, Console.WriteLine).OpenAsync(OpenAsync, cancellationToken);

        async Task OpenAsync(CancellationToken stopping)
        {
            try
            {
                if (database is not null && !isOpen) await database.OpenAsync(stopping);
                isOpen = true;
                await served.EnterAsync(services, stopping);
                state.Report(null);
            }
            catch (StoreException failure)
            {
                state.Report(failure.Message);
                throw;
            }
        }
    }

    private async Task StopAsync(int last)
    {
        var application = last < 0 ? _ops : _applications[last];
        try
        {
            await application.StopAsync();
        }
        finally
        {
            if (last >= 0) await StopAsync(last - 1);
            await application.DisposeAsync();
        }
    }

    private static ServingState StateOf(WebApplication application) => application.Services.GetRequiredService<ServingState>();

    private static string? Fault(string name, WebApplication application) => StateOf(application) switch
    {
        { Phase: ServingPhase.Starting, Fault: { } fault } => $"{name}: starting, {fault}",
        { Phase: not ServingPhase.Serving and var phase } => $"{name}: {phase.ToString().ToLowerInvariant()}",
        { Fault: { } fault } => $"{name}: {fault}",
        _ => application.Services.GetServices<IReadinessProbe>().Select(static probe => probe.Fault).FirstOrDefault(static fault => fault is not null) is { } fault
            ? $"{name}: {fault}"
            : null,
    };
}
