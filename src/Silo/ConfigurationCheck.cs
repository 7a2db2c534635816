using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace XmtpOrleans.Silo;

/// <summary>Finds everything that is wrong with a start before anything starts: whoever mends one fault should not meet the next at the next start.</summary>
internal static class ConfigurationCheck
{
    /// <summary>The faults of all options that an application registers, each with its key and the value that was given.</summary>
    public static IEnumerable<string> Faults(WebApplicationBuilder builder)
    {
        using var provider = builder.Services.BuildServiceProvider();
        try
        {
            provider.GetService<IStartupValidator>()?.Validate();
            return [];
        }
        catch (OptionsValidationException failure)
        {
            return Describe(failure, builder.Configuration);
        }
        catch (AggregateException failures) when (failures.InnerExceptions.All(static inner => inner is OptionsValidationException))
        {
            return [.. failures.InnerExceptions.Cast<OptionsValidationException>().SelectMany(failure => Describe(failure, builder.Configuration))];
        }
    }

    /// <summary>The fault of a port that cannot be listened on; <see langword="null"/> when it can.</summary>
    public static string? PortFault(string option, IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return null;
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return $"{option} {port}: the port is in use; stop what listens there, or give another with {option}";
        }
        catch (SocketException failure)
        {
            return $"{option} {port} on {address}: {failure.Message}";
        }
    }

    private static string[] Describe(OptionsValidationException failure, ConfigurationManager configuration)
    {
        var section = failure.OptionsType.GetField("SectionName", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() as string;
        return [.. failure.Failures.Select(text => Describe(text, section ?? failure.OptionsType.Name, configuration))];
    }

    // Checks by attribute say "Name: The field …"; rules between values already name their keys.
    private static string Describe(string text, string section, ConfigurationManager configuration)
    {
        var name = text.Split(':', 2)[0];
        var key = $"{section}:{name}";
        return configuration[key] is { } value ? $"{key} = {value}: {text.Split(':', 2)[1].Trim()}" : text;
    }
}
