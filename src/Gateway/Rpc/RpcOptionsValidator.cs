using System.Net;
using Microsoft.Extensions.Options;

namespace XmtpOrleans.Gateway.Rpc;

[OptionsValidator]
internal sealed partial class RpcOptionsValidator : IValidateOptions<RpcOptions>;

internal sealed class RpcOptionsRules : IValidateOptions<RpcOptions>
{
    public ValidateOptionsResult Validate(string? name, RpcOptions options)
    {
        var wrong = options.TrustedProxies.Where(network => !IPNetwork.TryParse(network, out _)).ToArray();
        return wrong.Length == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"Rpc:TrustedProxies holds no address ranges like 10.0.0.0/8: {string.Join(", ", wrong)}.");
    }
}
