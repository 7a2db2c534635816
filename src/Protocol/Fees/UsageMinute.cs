namespace XmtpOrleans.Protocol.Fees;

/// <summary>Whole minutes since the Unix epoch: the grain of usage and congestion counts.</summary>
public static class UsageMinute
{
    private const long Nanoseconds = 60_000_000_000;

    /// <summary>The minute that an envelope of that time counts in.</summary>
    /// <remarks>
    /// In double precision, as all peers compute it: the last 111 ns of a minute (223 ns from 2033 on) fall into the next one. Exact
    /// arithmetic would count envelopes of hand-made times elsewhere than the peers do.
    /// </remarks>
    /// <param name="originatorNs">The envelope's time, nanoseconds since the Unix epoch.</param>
    public static long Of(long originatorNs) =>
        (long)((double)(originatorNs / Nanoseconds) + ((double)(originatorNs % Nanoseconds) / Nanoseconds));
}
