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

    /// <summary>Runs a call that may be made twice. A pool may hold connections that a restarted server has closed; the first call to meet one is
    /// repeated, and by then the driver has emptied the pool.</summary>
    public static Task<T> GuardRepeatableAsync<T>(Func<Task<T>> call) => GuardAsync(async () =>
    {
        try
        {
            return await call();
        }
        catch (NpgsqlException failure) when (IsLostConnection(failure))
        {
            return await call();
        }
    });

    public static StoreException ToStoreException(Exception failure) => failure switch
    {
        PostgresException refused => new StoreException($"PostgreSQL: {refused.MessageText} ({refused.SqlState}).", failure,
            IsTransient(refused)),
        ObjectDisposedException => new StoreException("The store is closed.", failure, isTransient: true),
        _ => new StoreException("PostgreSQL cannot be reached or does not answer; start it, or check the network.", failure,
            isTransient: true),
    };

    // A server that shut down says so before it goes (57P01 to 57P03); one that was killed only closes. A time-out is no reason to wait once more.
    private static bool IsLostConnection(NpgsqlException failure) => failure is PostgresException refused
        ? refused.SqlState.StartsWith("57P", StringComparison.Ordinal)
        : failure.InnerException is IOException or SocketException { SocketErrorCode: not SocketError.ConnectionRefused } or EndOfStreamException;

    // Connection, resources (a full disk too), state, operator intervention and system errors pass; so do locks and conflicts.
    private static bool IsTransient(PostgresException refused) =>
        refused.IsTransient || refused.SqlState[..2] is "08" or "40" or "53" or "55" or "57" or "58";
}
