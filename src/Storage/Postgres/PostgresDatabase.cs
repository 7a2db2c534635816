using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>The database of a node of one process or many: its connections, by role, and what runs beside the calls.</summary>
internal sealed class PostgresDatabase : INodeDatabase, IAsyncDisposable
{
    internal const string ReadMarksSql = """
        SELECT log.originator_id, newest.last_sequence_id FROM originator AS log
        CROSS JOIN LATERAL (
          SELECT last_sequence_id FROM mark WHERE originator_id = log.originator_id ORDER BY previous_sequence_id DESC LIMIT 1) AS newest
        """;

    private readonly NpgsqlDataSource _reader;
    private readonly NpgsqlDataSource _writer;
    private readonly NpgsqlDataSource _maintenance;
    private readonly PostgresNotifications _notifications;
    private readonly SharedRead<Cursor> _marks;
    private readonly NpgsqlDataSource _marksReader;
    private readonly bool _migrates;
    private byte[]? _fingerprintKey;
    private bool _isDisposed;

    public PostgresDatabase(IOptions<PostgresOptions> options, TimeProvider clock, ILogger<PostgresDatabase> logger)
    {
        _migrates = options.Value.Migrate;
        _reader = PostgresSettings.ReaderSource(options.Value);
        _writer = PostgresSettings.WriterSource(options.Value);
        _maintenance = PostgresSettings.MaintenanceSource(options.Value);
        _marksReader = PostgresSettings.MarksSource(options.Value);
        Pulse = new PostgresPulse(AskAsync, WriteAsync, options.Value.LongestSilence, clock);
        _marks = new SharedRead<Cursor>(
            () => Pulse.WaitAsync(() => PostgresCalls.GuardRepeatableAsync(ReadMarksOnceAsync), CancellationToken.None));
        LocalChainSignal = new LocalChainSignal(clock);
        _notifications = new PostgresNotifications(_maintenance, options.Value, LocalChainSignal, clock, logger);
        Bands = new PostgresBands(_maintenance);
        Upkeep = new PostgresUpkeep(_maintenance, Bands, logger);
        Leases = new PostgresLeases(_writer, _maintenance, clock, logger);
    }

    public NpgsqlDataSource Reader => Usable(_reader);

    public NpgsqlDataSource Writer => Usable(_writer);

    public byte[] FingerprintKey => Usable(_fingerprintKey!);

    public PostgresPulse Pulse { get; }

    public PostgresBands Bands { get; }

    public PostgresUpkeep Upkeep { get; }

    public PostgresLeases Leases { get; }

    public LocalChainSignal LocalChainSignal { get; }

    public ExpiredStretches Expired { get; } = new();

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (_fingerprintKey is not null) throw new StoreException("The database is open already.");
        _fingerprintKey = await PostgresCalls.GuardAsync(async () =>
        {
            await using var connection = await _maintenance.OpenConnectionAsync(cancellationToken);
            await PostgresSettings.CheckAsync(connection, cancellationToken);
            if (!_migrates) await PostgresSchema.CheckAsync(connection, cancellationToken);
            await _notifications.ConnectAsync(cancellationToken);
            if (_migrates) await PostgresSchema.MigrateAsync(connection, static _ => { }, cancellationToken);
            await PostgresCheckup.RunAsync(connection, cancellationToken);
            await using var read = new NpgsqlCommand(SharedSql.ReadFingerprintKey, connection);
            var key = (byte[])(await read.ExecuteScalarAsync(cancellationToken))!;
            await _notifications.StartAsync(); // last: whoever opens again after a failure must find nothing running
            Pulse.Start();
            return key;
        });
    }

    /// <summary>The marks of all logs, by one statement that all who wait for it share.</summary>
    public Task<Cursor> ReadMarksAsync()
    {
        _ = Usable(_reader);
        return _marks.ReadAsync();
    }

    /// <summary>Runs a call that may be made twice; whatever the driver throws becomes a <see cref="StoreException"/>. A caller that gives up, or a
    /// server that falls silent, ends the wait; the call goes on.</summary>
    /// <remarks>Cancelling in the driver would cost the connection, and callers give up often.</remarks>
    public Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
        ? Task.FromCanceled<T>(cancellationToken)
        : Pulse.WaitAsync(() => PostgresCalls.GuardRepeatableAsync(call), cancellationToken);

    /// <summary>A connection for long work; the caller disposes of it.</summary>
    public ValueTask<NpgsqlConnection> OpenMaintenanceAsync() => Usable(_maintenance).OpenConnectionAsync();

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        await _notifications.DisposeAsync();
        await Pulse.DisposeAsync();
        await Upkeep.SettleAsync();
        await _reader.DisposeAsync();
        await _marksReader.DisposeAsync();
        await _writer.DisposeAsync();
        await _maintenance.DisposeAsync();
    }

    private T Usable<T>(T part)
    {
        if (_notifications.Superseded is { } superseded) throw superseded;
        return _fingerprintKey is null ? throw new StoreException("The database is not open.") : part;
    }

    private async Task AskAsync()
    {
        await using var command = _marksReader.CreateCommand("SELECT 1");
        await command.ExecuteScalarAsync();
    }

    private async Task WriteAsync()
    {
        await using var command = _writer.CreateCommand(SharedSql.Probe);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<Cursor> ReadMarksOnceAsync()
    {
        await using var command = _marksReader.CreateCommand(ReadMarksSql);
        return Cursor.Of(await command.AllAsync(
            row => KeyValuePair.Create(new OriginatorId((uint)row.GetInt32(0)), new SequenceId((ulong)row.GetInt64(1)))));
    }
}
