using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace XmtpOrleans.Silo.Cluster;

internal sealed class ClusterTlsRules : IValidateOptions<ClusterTlsOptions>
{
    public ValidateOptionsResult Validate(string? name, ClusterTlsOptions options)
    {
        if (!options.IsUsed) return ValidateOptionsResult.Success;
        if (options.CertificatePath.Length == 0 || options.KeyPath.Length == 0 || options.AuthorityPath.Length == 0)
        {
            return ValidateOptionsResult.Fail(
                "Cluster:Tls:CertificatePath, Cluster:Tls:KeyPath and Cluster:Tls:AuthorityPath belong together; give all three, or none for cleartext.");
        }

        try
        {
            var credentials = ClusterCredentials.Read(options);
            return credentials.OwnFault() is { } fault
                ? ValidateOptionsResult.Fail($"CertificatePath: the certificate {fault}. Give one that the others take.")
                : ValidateOptionsResult.Success;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return ValidateOptionsResult.Fail($"The files of Cluster:Tls cannot be used: {failure.Message} Give PEM files that this user can read.");
        }
    }
}
