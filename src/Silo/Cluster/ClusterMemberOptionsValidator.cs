using System.Net;
using Microsoft.Extensions.Options;

namespace XmtpOrleans.Silo.Cluster;

[OptionsValidator]
internal sealed partial class ClusterMemberOptionsValidator : IValidateOptions<ClusterMemberOptions>;

/// <summary>What must hold for a process with a silo.</summary>
internal sealed class SiloMemberRules : IValidateOptions<ClusterMemberOptions>
{
    public ValidateOptionsResult Validate(string? name, ClusterMemberOptions options)
    {
        var faults = Faults(options).ToArray();
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static IEnumerable<string> Faults(ClusterMemberOptions options)
    {
        if (options.AdvertisedAddress.Length == 0)
        {
            yield return "Cluster:AdvertisedAddress is not set: give the IP address at which other silos reach this one (127.0.0.1 when all run on one machine).";
        }
        else if (!IPAddress.TryParse(options.AdvertisedAddress, out var advertised) || advertised.Equals(IPAddress.Any) || advertised.Equals(IPAddress.IPv6Any))
        {
            yield return $"Cluster:AdvertisedAddress = {options.AdvertisedAddress}: give an IP address that others can connect to.";
        }

        if (options.ListenAddress.Length > 0 && !IPAddress.TryParse(options.ListenAddress, out _))
        {
            yield return $"Cluster:ListenAddress = {options.ListenAddress}: give an IP address of this machine, or 0.0.0.0 for all.";
        }

        if (options.SiloPort == options.ClientPort)
        {
            yield return $"Cluster:SiloPort and Cluster:ClientPort are both {options.SiloPort}: give each its own.";
        }
    }
}
