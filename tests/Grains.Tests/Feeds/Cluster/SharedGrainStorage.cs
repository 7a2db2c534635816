using System.Collections.Concurrent;
using Orleans.Storage;

namespace XmtpOrleans.Grains.Tests.Feeds.Cluster;

/// <summary>Grain storage that outlives every silo, as a database does.</summary>
internal sealed class SharedGrainStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<(string, GrainId), (object State, string ETag)> _states = new();

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (!_states.TryGetValue((stateName, grainId), out var kept)) return Task.CompletedTask;
        (grainState.State, grainState.ETag, grainState.RecordExists) = ((T)kept.State, kept.ETag, true);
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        (object State, string ETag) written = (grainState.State!, Guid.NewGuid().ToString());
        _states.AddOrUpdate((stateName, grainId), _ => written, (_, kept) => kept.ETag == grainState.ETag
            ? written
            : throw new InconsistentStateException("two grains of one key write", kept.ETag, grainState.ETag ?? "none"));
        (grainState.ETag, grainState.RecordExists) = (written.ETag, true);
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        _states.TryRemove((stateName, grainId), out _);
        (grainState.ETag, grainState.RecordExists) = (null, false);
        return Task.CompletedTask;
    }
}
