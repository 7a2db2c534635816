using System.Globalization;

namespace XmtpOrleans.Simulation;

/// <summary>Which seeds a test runs: one that is named by XMTP_SIM_SEED, written out step by step; else as many as XMTP_SIM_SEEDS says.</summary>
internal static class Seeds
{
    private static readonly int? Single = Number("XMTP_SIM_SEED");

    /// <summary>Runs a scenario for each seed; a failure names its seed.</summary>
    public static void Run(int count, Action<World> scenario)
    {
        if (Single is { } single)
        {
            scenario(new World(single) { Tracing = true });
            return;
        }

        for (var seed = 1; seed <= (Number("XMTP_SIM_SEEDS") ?? count); seed++)
        {
            RunOne(seed, scenario);
        }
    }

    private static void RunOne(int seed, Action<World> scenario)
    {
        try
        {
            scenario(new World(seed));
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"Seed {seed} fails ({failure.Message}); replay it with XMTP_SIM_SEED={seed}.", failure);
        }
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
