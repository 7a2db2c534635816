using Orleans.Runtime;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>Whether this silo is about to leave: it still works, but places nothing on itself any more.</summary>
internal sealed class SiloDeparture
{
    private volatile bool _isBegun;

    public void Begin() => _isBegun = true;

    /// <summary>The silos without this one when it leaves; all when there is no other.</summary>
    public SiloAddress[] Staying(SiloAddress[] silos, SiloAddress local)
    {
        if (!_isBegun) return silos;
        SiloAddress[] staying = [.. silos.Where(silo => !silo.Equals(local))];
        return staying.Length > 0 ? staying : silos;
    }
}
