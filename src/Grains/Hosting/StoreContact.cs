using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>Whether the store answers this process.</summary>
internal sealed class StoreContact(IEnvelopeStore store, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Task _look = Task.CompletedTask; // one at a time: a store that stands still must not collect them

    /// <summary>Asks it for something small, and waits a second at most.</summary>
    public async Task<bool> IsAnsweringAsync(CancellationToken cancellationToken)
    {
        Task look;
        lock (_lock)
        {
            if (_look.IsCompleted) _look = LookAsync();
            look = _look;
        }

        try
        {
            if (!await look.EndsWithinAsync(Patience, clock, cancellationToken)) return false;
            await look;
            return true;
        }
        catch (Exception failure) when (failure is StoreException or TimeoutException)
        {
            return false;
        }
    }

    private async Task LookAsync()
    {
        await Task.Yield(); // off the lock
        await store.ReadMarksAsync(CancellationToken.None);
    }
}
