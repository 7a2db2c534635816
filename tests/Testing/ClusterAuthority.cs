using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace XmtpOrleans.Testing;

/// <summary>An authority made for a test, and the certificates it signs, as files.</summary>
public sealed class ClusterAuthority : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("xmtp-authority-").FullName;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;

    /// <summary>A new one: its certificates are nobody else's.</summary>
    public ClusterAuthority()
    {
        var request = new CertificateRequest($"CN=test authority {Guid.NewGuid():N}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        File.WriteAllText(AuthorityPath, _certificate.ExportCertificatePem());
    }

    /// <summary>File with its own certificate.</summary>
    public string AuthorityPath => Path.Combine(_folder, "authority.pem");

    /// <summary>Settings of a process that the authority lets in.</summary>
    /// <param name="name">Whom it names; the same name again gets another certificate in the same files.</param>
    /// <param name="days">How long it is valid yet; below zero it has expired.</param>
    public (string Key, string Value)[] Member(string name, double days = 1) => Member(name, days, _certificate, "");

    /// <summary>The same, signed by another authority that this one signed, whose certificate follows in the file.</summary>
    public (string Key, string Value)[] MemberOfAnIntermediate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=intermediate of {name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var signed = request.Create(_certificate, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        using var intermediate = signed.CopyWithPrivateKey(key);
        return Member(name, days: 0.5, intermediate, signed.ExportCertificatePem());
    }

    private (string Key, string Value)[] Member(string name, double days, X509Certificate2 issuer, string rest)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        using var certificate = request.Create(issuer, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(days), RandomNumberGenerator.GetBytes(8));
        var path = Path.Combine(_folder, name);
        File.WriteAllText($"{path}.pem", certificate.ExportCertificatePem() + '\n' + rest);
        File.WriteAllText($"{path}.key", key.ExportPkcs8PrivateKeyPem());
        return
        [
            ("Cluster:Tls:CertificatePath", $"{path}.pem"), ("Cluster:Tls:KeyPath", $"{path}.key"), ("Cluster:Tls:AuthorityPath", AuthorityPath),
        ];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
