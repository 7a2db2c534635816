using Orleans.Runtime;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>Whether this silo is about to leave, or cannot reach the store that others reach: it still works, but places nothing on itself.</summary>
internal sealed class SiloDeparture
{
    private volatile bool _isBegun;
    private volatile TaskCompletionSource _cutOff = new(TaskCreationOptions.RunContinuationsAsynchronously); // StoreWatch writes it

    public void Begin() => _isBegun = true;

    /// <summary>Completes when the store answers others and not this silo; another one after it answered again.</summary>
    public Task CutOff => _cutOff.Task;

    /// <summary>Whether the store answers others and not this silo now.</summary>
    public bool IsCutOff => _cutOff.Task.IsCompleted;

    /// <summary>The store does not answer this silo any more.</summary>
    public void Lose() => _cutOff.TrySetResult();

    /// <summary>It does again, or nobody any more.</summary>
    public void Regain() => _cutOff = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The silos without this one when it takes nothing; all when there is no other.</summary>
    public SiloAddress[] Staying(SiloAddress[] silos, SiloAddress local)
    {
        if (!_isBegun && !IsCutOff) return silos;
        SiloAddress[] staying = [.. silos.Where(silo => !silo.Equals(local))];
        return staying.Length > 0 ? staying : silos;
    }
}
