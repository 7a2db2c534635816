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
        // Whoever logs needs these, so that nothing else can be looked at before they are right.
        if (LogLevelFaults(builder.Configuration) is { Count: > 0 } faults) return faults;

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
            return failure.SocketErrorCode == SocketError.AddressNotAvailable
                ? $"{setting} {port} on {address}: not an address of this machine; give one, 127.0.0.1 or 0.0.0.0"
                : $"{setting} {port} on {address}: {failure.Message}";
        }
    }

    /// <summary>The faults of ports that one process cannot have both.</summary>
    public static IEnumerable<string> SharedPortFaults(IEnumerable<(string Setting, IPEndPoint EndPoint)> ports) => ports
        .GroupBy(static port => port.EndPoint.Port)
        .Where(static port => port.Count() > 1)
        .Select(static port => $"{string.Join(" and ", port.Select(static each => each.Setting))} are both {port.Key}; give each its own");

    private static IReadOnlyList<string> LogLevelFaults(ConfigurationManager configuration) =>
    [
        .. configuration.GetSection("Logging").AsEnumerable()
            .Where(static entry => entry.Value is not null && entry.Key.Contains(":LogLevel:", StringComparison.OrdinalIgnoreCase) && !Enum.TryParse<LogLevel>(entry.Value, ignoreCase: true, out _))
            .Select(static entry => $"{entry.Key} = {entry.Value}: give one of {string.Join(", ", Enum.GetNames<LogLevel>())}"),
    ];

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

    // Checks by attribute say "Name: The field Type.Name must …" or "Name: The Type.Name field is required."; rules between values already name their keys.
    private static string Describe(string text, string section, ConfigurationManager configuration)
    {
        var parts = text.Split(": ", 2);
        if (parts.Length < 2 || parts[0].Contains(' ', StringComparison.Ordinal) || text.StartsWith(section + ":", StringComparison.Ordinal)) return text;
        var key = $"{section}:{parts[0]}";
        var at = parts[1].IndexOf("must ", StringComparison.Ordinal);
        if (configuration[key] is { Length: > 0 } value) return $"{key} = {value}: {(at < 0 ? parts[1] : parts[1][at..])}";
        if (at < 0 && !parts[1].Contains("required", StringComparison.Ordinal)) return $"{key}: {parts[1]}";
        var file = SecretFiles.Keys.Contains(key) ? $", or the file that holds it with {key}{SecretFiles.Suffix}" : "";
        return $"{key} is not set; give it{file}{(at < 0 ? "" : $": it {parts[1][at..].TrimEnd('.')}")}";
    }
}
