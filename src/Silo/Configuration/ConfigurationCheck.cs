using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace XmtpOrleans.Silo.Configuration;

/// <summary>Finds everything that is wrong with a start before anything starts: whoever mends one fault should not meet the next at the next start.</summary>
internal static class ConfigurationCheck
{
    /// <summary>The faults of all options that an application registers, each with its key and the value that was given.</summary>
    public static IEnumerable<string> Faults(WebApplicationBuilder builder)
    {
        using var provider = builder.Services.BuildServiceProvider();
        var checkedTypes = builder.Services
            .Select(static service => service.ServiceType)
            .Where(static type => type.IsGenericType)
            .Where(static type => type.GetGenericTypeDefinition() == typeof(IValidateOptions<>)
                || (type.GetGenericTypeDefinition() == typeof(IConfigureOptions<>) && IsOurs(type.GetGenericArguments()[0]))) // those without rules can be misread, too
            .Select(static type => type.GetGenericArguments()[0])
            .Distinct();
        return [.. checkedTypes.SelectMany(type => Faults(provider, type, builder.Configuration))];
    }

    /// <summary>The fault of a port that cannot be listened on; <see langword="null"/> when it can.</summary>
    /// <param name="setting">The option or setting that names the port.</param>
    /// <param name="address">Where it would listen.</param>
    /// <param name="port">The port.</param>
    public static string? PortFault(string setting, IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return null;
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return $"{setting} {port}: the port is in use; stop what listens there, or give another with {setting}";
        }
        catch (SocketException failure)
        {
            return $"{setting} {port} on {address}: {failure.Message}";
        }
    }

    private static bool IsOurs(Type type) => type.Namespace?.StartsWith("XmtpOrleans", StringComparison.Ordinal) == true;

    private static IReadOnlyList<string> Faults(ServiceProvider provider, Type type, ConfigurationManager configuration)
    {
        try
        {
            _ = ((IOptions<object>)provider.GetRequiredService(typeof(IOptions<>).MakeGenericType(type))).Value;
            return [];
        }
        catch (OptionsValidationException failure)
        {
            var section = failure.OptionsType.GetField("SectionName", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() as string;
            return [.. failure.Failures.Select(text => Describe(text, section ?? failure.OptionsType.Name, configuration))];
        }
        catch (InvalidOperationException failure) when (failure.Source == "Microsoft.Extensions.Configuration.Binder")
        {
            return [DescribeBinding(failure.Message)];
        }
    }

    // The binder says: … value 'VALUE' at 'KEY' to type 'TYPE'.
    private static string DescribeBinding(string text)
    {
        var quoted = text.Split('\'');
        if (quoted.Length < 7) return text;
        var wanted = quoted[^2] switch
        {
            "System.TimeSpan" => "a time like 00:00:30",
            "System.Boolean" => "true or false",
            var name when AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetType(name)).FirstOrDefault(static type => type?.IsEnum == true)
                is { } choice => $"one of {string.Join(", ", Enum.GetNames(choice))}",
            _ => "a whole number",
        };
        return $"{quoted[^4]} = {string.Join('\'', quoted[1..^5])}: give {wanted}";
    }

    // Checks by attribute say "Name: The field …"; rules between values already name their keys.
    private static string Describe(string text, string section, ConfigurationManager configuration)
    {
        var name = text.Split(':', 2)[0];
        var key = $"{section}:{name}";
        if (name == text || name.Contains(' ', StringComparison.Ordinal) || name == section) return text;
        return configuration[key] is { } value ? $"{key} = {value}: {text.Split(':', 2)[1].Trim()}" : $"{key}: {text.Split(':', 2)[1].Trim()}";
    }
}
