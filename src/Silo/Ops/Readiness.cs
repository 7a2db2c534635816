namespace XmtpOrleans.Silo.Ops;

/// <summary>Collects why this process should get no traffic: each part of it says so for itself.</summary>
internal sealed class Readiness
{
    private readonly Lock _changing = new();
    private readonly List<Func<string?>> _parts = [];

    /// <summary>Adds a part; it answers with its fault, or <see langword="null"/> when it has none.</summary>
    public void Add(Func<string?> fault)
    {
        lock (_changing) { _parts.Add(fault); }
    }

    /// <summary>The faults of now; none means ready.</summary>
    public IReadOnlyList<string> Faults()
    {
        lock (_changing) { return [.. _parts.Select(part => part()).OfType<string>()]; }
    }
}
