using System.Runtime.InteropServices;

namespace XmtpOrleans.Silo;

/// <summary>SIGTERM and Ctrl-C, taken from the runtime: the process drains first and ends by returning from its command.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _received = new();
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Listens from now on.</summary>
    public StopSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
    ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Received => _received.Token;

    /// <summary>Completes at the first signal.</summary>
    public async Task WaitAsync()
    {
        var received = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = Received.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), received);
        await received.Task;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _received.Dispose();
    }

    private void OnSignal(PosixSignalContext signal)
    {
        signal.Cancel = true;
        _received.Cancel();
    }
}
