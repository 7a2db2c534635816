using System.Diagnostics.Metrics;

namespace XmtpOrleans.Grains.Tests.Originators;

/// <summary>Meters that nobody listens to.</summary>
internal sealed class NoMeters : IMeterFactory
{
    public Meter Create(MeterOptions options) => new(options);

    public void Dispose()
    {
    }
}
