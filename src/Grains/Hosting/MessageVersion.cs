namespace XmtpOrleans.Grains.Hosting;

/// <summary>The version of what processes of one node say to each other.</summary>
public static class MessageVersion
{
    /// <summary>What this program speaks. Raise it by one when a process of the version before could not read everything this one sends: a new
    /// type inside an old message, a new method, a new grain. A new field needs no new version; an old one never changes.</summary>
    public const int Current = 1;
}
