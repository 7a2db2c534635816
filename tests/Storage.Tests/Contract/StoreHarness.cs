using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Tests.Contract;

/// <summary>One database of its own for a test, and the stores opened on it.</summary>
public abstract class StoreHarness : IAsyncDisposable
{
    /// <summary>The clock of every store of this harness.</summary>
    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));

    /// <summary>Creates the database and opens the first store on it.</summary>
    public abstract Task<TestStore> OpenAsync();

    /// <summary>Closes the store and opens another one on the same database.</summary>
    public abstract Task<TestStore> ReopenAsync(TestStore store);

    /// <summary>Drops the database.</summary>
    public abstract ValueTask DisposeAsync();
}

/// <summary>An open store.</summary>
/// <param name="Envelopes">The envelopes.</param>
/// <param name="LocalChain">The local chain.</param>
/// <param name="Seeder">The seeder.</param>
/// <param name="Owner">What closes it.</param>
/// <param name="SettleAsync">Waits for what the store does beside its calls.</param>
public sealed record TestStore(
    IEnvelopeStore Envelopes, ILocalChainStore LocalChain, IBulkSeeder Seeder, IServiceProvider Owner, Func<Task> SettleAsync)
{
    /// <summary>Closes the store.</summary>
    public ValueTask CloseAsync() => ((IAsyncDisposable)Owner).DisposeAsync();
}
