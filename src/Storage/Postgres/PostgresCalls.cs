using System.Net.Sockets;
using Npgsql;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>How the store speaks to the driver: typed parameters in, its own exception out.</summary>
internal static class PostgresCalls
{
    /// <summary>Adds the next positional parameter, typed, so that nothing is boxed or guessed.</summary>
    public static NpgsqlParameterCollection With<T>(this NpgsqlParameterCollection parameters, T value)
    {
        parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return parameters;
    }

    /// <summary>Runs a call; whatever the driver throws becomes a <see cref="StoreException"/>.</summary>
    public static async Task<T> GuardAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException or SocketException or IOException or ObjectDisposedException)
        {
            throw ToStoreException(failure);
        }
    }

    /// <summary>As <see cref="GuardAsync"/>; a caller that gives up stops waiting, the call goes on.</summary>
    /// <remarks>Cancelling in the driver would cost the connection, and callers give up often.</remarks>
    public static Task<T> GuardAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
        ? Task.FromCanceled<T>(cancellationToken)
        : GuardAsync(call).WaitAsync(cancellationToken);

    public static StoreException ToStoreException(Exception failure) => failure switch
    {
        PostgresException refused => new StoreException($"PostgreSQL: {refused.MessageText} ({refused.SqlState}).", failure,
            IsTransient(refused)),
        ObjectDisposedException => new StoreException("The store is closed.", failure, isTransient: true),
        _ => new StoreException("PostgreSQL cannot be reached or does not answer; start it, or check the network.", failure,
            isTransient: true),
    };

    // Connection, resources (a full disk too), state, operator intervention and system errors pass; so do locks and conflicts.
    private static bool IsTransient(PostgresException refused) =>
        refused.IsTransient || refused.SqlState[..2] is "08" or "40" or "53" or "55" or "57" or "58";
}
