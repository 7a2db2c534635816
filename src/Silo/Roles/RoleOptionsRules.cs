using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Silo.Ops;

namespace XmtpOrleans.Silo.Roles;

[OptionsValidator]
internal sealed partial class ListenOptionsValidator : IValidateOptions<ListenOptions>;

[OptionsValidator]
internal sealed partial class OpsOptionsValidator : IValidateOptions<OpsOptions>;

[OptionsValidator]
internal sealed partial class DrainOptionsValidator : IValidateOptions<DrainOptions>;

/// <summary>The rules of the roles' options that attributes cannot say. No text holds a secret.</summary>
internal sealed class RoleOptionsRules :
    IValidateOptions<ListenOptions>, IValidateOptions<OpsOptions>, IValidateOptions<SignerOptions>, IValidateOptions<PayerKeyOptions>, IValidateOptions<NetworkOptions>
{
    private const string KeyAdvice = "give the private key as 64 hex digits, or the file that holds it with";

    public ValidateOptionsResult Validate(string? name, ListenOptions options)
    {
        var faults = new List<string?> { AddressFault($"{ListenOptions.SectionName}:{nameof(options.Host)}", options.Host) };
        if (options.CertificatePath is null != options.CertificateKeyPath is null)
        {
            faults.Add("Listen:CertificatePath and Listen:CertificateKeyPath belong together; give both, or none for cleartext");
        }
        else if (options.CertificatePath is not null)
        {
            faults.Add(CertificateFault(options));
        }

        return Result(faults);
    }

    public ValidateOptionsResult Validate(string? name, OpsOptions options) => Result([AddressFault($"{OpsOptions.SectionName}:{nameof(options.Host)}", options.Host)]);

    public ValidateOptionsResult Validate(string? name, SignerOptions options) => Result([KeyFault("Signer:Key", options.Key)]);

    public ValidateOptionsResult Validate(string? name, PayerKeyOptions options) => Result([KeyFault("Payer:Key", options.Key)]);

    public ValidateOptionsResult Validate(string? name, NetworkOptions options) => options.Nodes.Count == 0
        ? ValidateOptionsResult.Fail("Network:Nodes is empty; list each node with Network:Nodes:0:Id, :Url and :SigningAddress")
        : Result(
        [
            .. options.Nodes.SelectMany(Faults),
            .. options.Nodes.Where(static node => node.Node.IsNode).GroupBy(static node => node.Node).Where(static group => group.Count() > 1)
                .Select(static group => $"Network:Nodes lists {group.Key} more than once; keep one"),
        ]);

    private static IEnumerable<string> Faults(NetworkOptions.ListedNode node, int at)
    {
        var key = $"Network:Nodes:{at}";
        if (!node.Node.IsNode) yield return $"{key}:Id = {node.Id}: not a node's id; they are 100, 200, …";
        if (!(Uri.TryCreate(node.Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
        {
            yield return $"{key}:Url = {node.Url}: not an http:// or https:// URL";
        }

        if (!EthereumAddress.TryParse(node.SigningAddress, out _))
        {
            yield return $"{key}:SigningAddress = {node.SigningAddress}: not an address; give that of the node's key, 0x and 40 hex digits (the node prints it)";
        }
    }

    private static string? KeyFault(string key, string value) => value.Length == 0
        ? $"{key} is missing; {KeyAdvice} {key}File"
        : Secp256k1PrivateKey.TryParse(value, out _) ? null : $"{key} is not a private key; {KeyAdvice} {key}File";

    private static string? AddressFault(string key, string value) =>
        IPAddress.TryParse(value, out _) ? null : $"{key} = {value}: not an IP address; give one of this machine's, 127.0.0.1 or 0.0.0.0";

    private static string? CertificateFault(ListenOptions options)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPemFile(options.CertificatePath!, options.CertificateKeyPath);
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return $"Listen:CertificatePath = {options.CertificatePath} with Listen:CertificateKeyPath = {options.CertificateKeyPath}: {failure.Message}";
        }
    }

    private static ValidateOptionsResult Result(IEnumerable<string?> faults)
    {
        string[] found = [.. faults.OfType<string>()];
        return found.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(found);
    }
}
