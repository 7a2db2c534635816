using System.Collections.Concurrent;
using Npgsql;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>Makes the bands that hold the bodies of a log before its commits need them.</summary>
internal sealed class PostgresBands(NpgsqlDataSource maintenance)
{
    /// <summary>Positions of a log in one band.</summary>
    public const long Size = 10_000_000;

    private const int TimeoutSeconds = 30; // it waits for locks; but commits wait for it

    private const string EnsureSql = "SELECT ensure_envelope_band($1, $2, $3)";

    private readonly ConcurrentDictionary<(OriginatorId Originator, long Band), Lazy<Task>> _bands = new();

    /// <summary>Whether a commit finds its bands: true but for the first commit of a process and for logs that jump.</summary>
    public bool AreReady(OriginatorId originator, SequenceId first, SequenceId last) =>
        IsReady(originator, BandOf(first)) && IsReady(originator, BandOf(last));

    /// <summary>Whether the band after a position is needed soon and not there yet: half of the present one is used.</summary>
    public bool IsNextMissing(OriginatorId originator, SequenceId last) =>
        (long)last.Value % Size >= Size / 2 && !IsReady(originator, BandOf(last) + 1);

    /// <summary>Makes the bands of two positions.</summary>
    public async Task EnsureAsync(OriginatorId originator, SequenceId first, SequenceId last)
    {
        await EnsureAsync(originator, BandOf(first));
        await EnsureAsync(originator, BandOf(last));
    }

    /// <summary>Makes the band after a position's.</summary>
    public Task EnsureNextAsync(OriginatorId originator, SequenceId last) => EnsureAsync(originator, BandOf(last) + 1);

    private static long BandOf(SequenceId position) => (long)position.Value / Size;

    private bool IsReady(OriginatorId originator, long band) =>
        _bands.TryGetValue((originator, band), out var made) && made.Value.IsCompletedSuccessfully;

    private async Task EnsureAsync(OriginatorId originator, long band)
    {
        var made = _bands.GetOrAdd(
            (originator, band), key => new Lazy<Task>(() => PostgresCalls.GuardAsync(() => MakeAsync(key.Originator, key.Band))));
        try
        {
            await made.Value;
        }
        catch (StoreException)
        {
            _bands.TryRemove(KeyValuePair.Create((originator, band), made)); // so that the next one tries again
            throw;
        }
    }

    private async Task<int> MakeAsync(OriginatorId originator, long band)
    {
        await using var command = maintenance.CreateCommand(EnsureSql);
        command.CommandTimeout = TimeoutSeconds;
        command.Parameters.With((int)originator.Value).With(band).With(Size);
        return await command.ExecuteNonQueryAsync();
    }
}
