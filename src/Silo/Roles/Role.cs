using System.Net;
using XmtpOrleans.Silo.Configuration;

namespace XmtpOrleans.Silo.Roles;

/// <summary>What one process of a deployment does.</summary>
/// <param name="Name">As the command is called.</param>
/// <param name="Summary">What it is, for the command's help.</param>
/// <param name="Compose">Makes its application of the settings; nothing in them is known to be right yet.</param>
/// <param name="EnterAsync">What it does between opening its database and starting.</param>
/// <param name="Ports">The ports it listens on beside those of every role, each with its setting.</param>
/// <param name="Describe">What is worth telling at its start, beside addresses; without secrets.</param>
internal sealed record Role(
    string Name,
    string Summary,
    Func<RoleSettings, WebApplicationBuilder> Compose,
    Func<IServiceProvider, CancellationToken, Task> EnterAsync,
    Func<IServiceProvider, IEnumerable<(string Setting, IPEndPoint EndPoint)>> Ports,
    Func<IServiceProvider, IEnumerable<(string Name, string Text)>> Describe)
{
    /// <summary>Every role.</summary>
    public static IReadOnlyList<Role> All { get; } = [NodeRole.Role, FrontRole.Role, GatewayRole.Role];
}
