using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>The one connection of a process that hears of the events other processes append to the local chain, and that holds the
/// database for this process where only one may have it.</summary>
internal sealed partial class PostgresNotifications(
    NpgsqlDataSource maintenance, PostgresOptions options, LocalChainSignal signal, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    /// <summary>Channel of the local chain; a message is <c>schema:contract:position</c>.</summary>
    public const string Channel = "xmtp_local_chain";

    private const string SchemaSql = "SELECT current_schema()";

    private const string ListenSql = $"LISTEN {Channel}";

    private const string TakeSql = "SELECT pg_try_advisory_lock(hashtextextended(current_schema() || '.process', 0))";

    private const string SessionSql = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()";

    // Of the session that this process lost; the server may not have noticed that yet, and process ids are used again.
    private const string EndSessionSql = "SELECT count(pg_terminate_backend(pid, 2000)) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private NpgsqlConnection? _connection; // the first one; whoever listens has it
    private (int Process, DateTime Started)? _session; // that holds the database, or held it last
    private Task _listening = Task.CompletedTask;
    private volatile StoreException? _superseded;

    /// <summary>Set when another process took the database while this one was cut off from it.</summary>
    public StoreException? Superseded => _superseded;

    /// <summary>Connects and takes the database where required; before anything in it is read or changed.</summary>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        if (_connection is not null) await _connection.DisposeAsync(); // of an attempt that failed later: it would hold the database against this one
        _connection = null;
        _connection = await NewConnectionAsync(cancellationToken);
    }

    /// <summary>Learns what the local chain holds, and listens from then on.</summary>
    public async Task StartAsync()
    {
        await RaiseLastAsync(_connection!);
        _listening = ListenAsync(_connection);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _listening;
        if (_connection is not null) await _connection.DisposeAsync();
        _stop.Dispose();
    }

    private async Task<NpgsqlConnection> NewConnectionAsync(CancellationToken cancellationToken)
    {
        var connection = await maintenance.OpenConnectionAsync(cancellationToken);
        try
        {
            if (options.SingleProcess) await TakeAsync(connection, cancellationToken);
            var schema = await ScalarAsync<string>(connection, SchemaSql, cancellationToken);
            connection.Notification += (_, message) => Notified(schema, message.Payload);
            await using (var listen = new NpgsqlCommand(ListenSql, connection))
            {
                await listen.ExecuteNonQueryAsync(cancellationToken);
            }

            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task TakeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (_session is { } lost)
        {
            await using var end = new NpgsqlCommand(EndSessionSql, connection);
            end.Parameters.With(lost.Process).With(lost.Started);
            await end.ExecuteNonQueryAsync(cancellationToken);
        }

        if (!await ScalarAsync<bool>(connection, TakeSql, cancellationToken))
        {
            throw new StoreException("The database is in use by another process; stop it, or name another database or schema.");
        }

        await using var session = new NpgsqlCommand(SessionSql, connection);
        await using var row = await session.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        _session = (row.GetInt32(0), row.GetDateTime(1));
    }

    private async Task ListenAsync(NpgsqlConnection? connection)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (connection is null)
                {
                    connection = await NewConnectionAsync(_stop.Token);
                    await RaiseLastAsync(connection);
                }

                await connection.WaitAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (StoreException inUse)
            {
                _superseded = inUse;
                break;
            }
            catch (Exception failure) when (failure is NpgsqlException or TimeoutException or IOException or ObjectDisposedException)
            {
                LogLost(logger, failure);
                if (connection is not null) await connection.DisposeAsync();
                connection = null;
                if (!await PauseAsync()) break;
            }
        }

        if (connection is not null) await connection.DisposeAsync();
    }

    // What was appended before the connection listened is not notified.
    private async Task RaiseLastAsync(NpgsqlConnection connection)
    {
        foreach (var (contract, last) in await PostgresLocalChainStore.ReadLastAsync(connection))
        {
            signal.Raise(contract, last);
        }
    }

    private async Task<bool> PauseAsync()
    {
        try
        {
            await Task.Delay(Pause, clock, _stop.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Notified(string schema, string payload)
    {
        var parts = payload.Split(':');
        // Anybody who reaches the database may notify, so the text is believed only when it names an event.
        if (parts is [var at, var contract, var position] && at == schema
            && int.TryParse(contract, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && Enum.IsDefined((ChainContract)number)
            && ulong.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
        {
            signal.Raise((ChainContract)number, new SequenceId(sequence));
        }
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    [LoggerMessage(EventIds.NotificationsLost, LogLevel.Warning,
        "The connection that hears of other processes' events was lost; it is made again")]
    private static partial void LogLost(ILogger logger, Exception failure);
}
