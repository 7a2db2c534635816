namespace XmtpOrleans.Silo.Configuration;

/// <summary>Settings that decide what is registered, and so are read before there are options.</summary>
internal static class EarlySettings
{
    /// <summary>Whether a switch is on. What is neither true nor false counts as off here: the check of the options names it.</summary>
    public static bool IsOn(this IConfiguration configuration, string key) => bool.TryParse(configuration[key], out var isOn) && isOn;
}
