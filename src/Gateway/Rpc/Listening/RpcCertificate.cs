using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace XmtpOrleans.Gateway.Rpc.Listening;

/// <summary>The certificate of a TLS endpoint, read again when its file changes, so that renewing it needs no restart.</summary>
internal sealed partial class RpcCertificate
{
    private static readonly TimeSpan CheckEvery = TimeSpan.FromMinutes(1);

    private readonly RpcTlsOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private SslStreamCertificateContext _current;
    private DateTime _written;
    private long _checked;

    /// <summary>Reads the certificate; throws when it cannot be read or has no key.</summary>
    public RpcCertificate(RpcTlsOptions options, TimeProvider clock, ILogger logger)
    {
        (_options, _clock, _logger) = (options, clock, logger);
        _written = WrittenFiles.WrittenAt(options.CertificatePath);
        _checked = clock.GetTimestamp();
        _current = Load(options);
    }

    public SslStreamCertificateContext Current
    {
        get
        {
            lock (_lock)
            {
                if (_clock.GetElapsedTime(_checked) >= CheckEvery) Reload();
                return _current;
            }
        }
    }

    private static SslStreamCertificateContext Load(RpcTlsOptions options)
    {
        var chain = new X509Certificate2Collection();
        X509Certificate2 leaf;
        if (options.KeyPath is null)
        {
            chain = X509CertificateLoader.LoadPkcs12CollectionFromFile(options.CertificatePath, options.Password);
            leaf = chain.FirstOrDefault(certificate => certificate.HasPrivateKey)
                ?? throw new CryptographicException($"{options.CertificatePath} holds no private key.");
        }
        else
        {
            leaf = X509Certificate2.CreateFromPemFile(options.CertificatePath, options.KeyPath);
            chain.ImportFromPemFile(options.CertificatePath);
        }

        chain.Remove(leaf);
        return SslStreamCertificateContext.Create(leaf, chain, offline: true);
    }

    private void Reload()
    {
        _checked = _clock.GetTimestamp();
        try
        {
            var written = WrittenFiles.WrittenAt(_options.CertificatePath);
            if (written == _written) return;

            _current = Load(_options);
            _written = written;
        }
        catch (Exception exception) when (exception is IOException or CryptographicException or UnauthorizedAccessException)
        {
            // The old one goes on serving: files are often replaced in two steps.
            Log.ReloadFailed(_logger, _options.CertificatePath, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            EventIds.CertificateReloadFailed, LogLevel.Warning, "Certificate {Path} changed but cannot be read; the old one stays")]
        public static partial void ReloadFailed(ILogger logger, string path, Exception exception);
    }
}
