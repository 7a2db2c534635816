using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace XmtpOrleans.Silo.Cluster;

/// <summary>What this process shows to others of its cluster, and by what it knows them.</summary>
/// <param name="Certificate">Its own certificate, with key.</param>
/// <param name="Chain">The same with the intermediates that follow it in its file, as it is shown.</param>
/// <param name="Authorities">Those that may sign others' certificates.</param>
internal sealed record ClusterCredentials(
    X509Certificate2 Certificate, SslStreamCertificateContext Chain, X509Certificate2Collection Authorities)
{
    /// <summary>Reads the files; throws when one cannot be read.</summary>
    public static ClusterCredentials Read(ClusterTlsOptions options)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(options.AuthorityPath);
        if (authorities.Count == 0) throw new CryptographicException($"{options.AuthorityPath} holds no certificate.");
        var certificate = X509Certificate2.CreateFromPemFile(options.CertificatePath, options.KeyPath);
        var shown = new X509Certificate2Collection();
        shown.ImportFromPemFile(options.CertificatePath);
        shown.Remove(certificate);
        return new ClusterCredentials(certificate, SslStreamCertificateContext.Create(certificate, shown, offline: true), authorities);
    }

    /// <summary>What is wrong with this process's own certificate, as others will see it; <see langword="null"/> when nothing is.</summary>
    public string? OwnFault() => FaultOf(Certificate, Chain.IntermediateCertificates);

    /// <summary>What is wrong with a certificate; <see langword="null"/> when it is valid now and leads to one of the authorities. Its names do not matter:
    /// members are known by address, and those change.</summary>
    public string? FaultOf(X509Certificate2 certificate, X509Chain? presented) =>
        FaultOf(certificate, presented?.ChainElements.Skip(1).Select(static element => element.Certificate) ?? []);

    private string? FaultOf(X509Certificate2 certificate, IEnumerable<X509Certificate2> intermediates)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(Authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ExtraStore.AddRange(intermediates.ToArray());

        if (chain.Build(certificate)) return null;
        var faults = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (all, status) => all | status.Status);
        const X509ChainStatusFlags Foreign = X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotSignatureValid;
        if ((faults & Foreign) != X509ChainStatusFlags.NoError)
        {
            return "is signed by no authority of Cluster:Tls:AuthorityPath";
        }

        return faults.HasFlag(X509ChainStatusFlags.NotTimeValid)
            ? string.Create(CultureInfo.InvariantCulture, $"is valid from {certificate.NotBefore.ToUniversalTime():u} to {certificate.NotAfter.ToUniversalTime():u} only, or its authority is not valid now")
            : $"is not valid: {faults}";
    }
}
