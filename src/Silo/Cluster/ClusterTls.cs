using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;
using Orleans.Connections.Security;
using XmtpOrleans.Gateway.Rpc.Listening;

namespace XmtpOrleans.Silo.Cluster;

/// <summary>The encryption of a process's traffic with others of its cluster. Its files are read again when they change, so that renewing a certificate
/// needs no restart; open connections keep theirs.</summary>
internal sealed partial class ClusterTls
{
    private const string TargetHost = "xmtp-cluster"; // names do not matter, but there has to be one

    private static readonly TimeSpan CheckEvery = TimeSpan.FromMinutes(1);

    private readonly ClusterTlsOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private ClusterCredentials? _current;
    private (DateTime Certificate, DateTime Key, DateTime Authority) _written;
    private long _checked;
    private string? _refused; // the last line about a certificate of somebody else
    private long _refusedAt;

    public ClusterTls(IOptions<ClusterTlsOptions> options, TimeProvider clock, ILogger<ClusterTls> logger)
    {
        (_options, _clock, _logger) = (options.Value, clock, logger);
        Settings = new TlsOptions
        {
            LocalServerCertificateSelector = (_, _) => Current().Certificate,
            LocalClientCertificateSelector = (_, _, _, _, _) => Current().Certificate,
            RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
            RemoteCertificateValidation = (certificate, chain, _) => Trusts(certificate, chain),
            OnAuthenticateAsServer = (_, server) => Show((SslServerAuthenticationOptions)server.SslServerAuthenticationOptions),
            OnAuthenticateAsClient = (_, client) => Show((SslClientAuthenticationOptions)client.SslClientAuthenticationOptions),
        };
    }

    /// <summary>Whether traffic is encrypted at all.</summary>
    public bool IsUsed => _options.IsUsed;

    /// <summary>For Orleans' connections, both ways.</summary>
    public TlsOptions Settings { get; }

    /// <summary>For a connection of this process to a silo that is looked at before anything is sent over it.</summary>
    /// <param name="seen">Is told of the silo's certificate: what is wrong with it, or null.</param>
    public SslClientAuthenticationOptions ClientOptions(Action<string?> seen)
    {
        var credentials = Current();
        return new SslClientAuthenticationOptions
        {
            TargetHost = TargetHost,
            ClientCertificateContext = credentials.Chain,
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            {
                var fault = certificate is X509Certificate2 shown ? credentials.FaultOf(shown, chain) : "is missing";
                seen(fault);
                return fault is null;
            },
        };
    }

    // Orleans asks for the certificate alone; its intermediates are shown only when it comes with them.
    private void Show(SslServerAuthenticationOptions server) =>
        (server.ServerCertificateContext, server.ServerCertificateSelectionCallback) = (Current().Chain, null);

    private void Show(SslClientAuthenticationOptions client) =>
        (client.ClientCertificateContext, client.LocalCertificateSelectionCallback, client.TargetHost) = (Current().Chain, null, TargetHost);

    private bool Trusts(X509Certificate2 certificate, X509Chain? chain)
    {
        var fault = Current().FaultOf(certificate, chain);
        if (fault is null) return true;
        var line = $"{certificate.Subject} {fault}";
        lock (_lock)
        {
            // Whoever is refused tries again every second.
            if (line == _refused && _clock.GetElapsedTime(_refusedAt) < CheckEvery) return false;
            (_refused, _refusedAt) = (line, _clock.GetTimestamp());
        }

        Log.Refused(_logger, certificate.Subject, fault);
        return false;
    }

    private ClusterCredentials Current()
    {
        lock (_lock)
        {
            if (_current is not null && _clock.GetElapsedTime(_checked) < CheckEvery) return _current;
            _checked = _clock.GetTimestamp();
            try
            {
                var written = Written();
                if (_current is null || written != _written) (_current, _written) = (ClusterCredentials.Read(_options), written);
            }
            catch (Exception failure) when (_current is not null && failure is IOException or UnauthorizedAccessException or CryptographicException)
            {
                // The old ones go on: files are often replaced in steps.
                Log.ReloadFailed(_logger, failure);
            }

            return _current!;
        }
    }

    private (DateTime Certificate, DateTime Key, DateTime Authority) Written() =>
        (WrittenFiles.WrittenAt(_options.CertificatePath), WrittenFiles.WrittenAt(_options.KeyPath), WrittenFiles.WrittenAt(_options.AuthorityPath));

    private static partial class Log
    {
        [LoggerMessage(EventIds.ClusterCertificateReloadFailed, LogLevel.Warning, "The cluster's certificate changed but cannot be read; the old one stays")]
        public static partial void ReloadFailed(ILogger logger, Exception exception);

        [LoggerMessage(EventIds.ClusterCertificateRefused, LogLevel.Warning, "A connection within the cluster is refused: the certificate {Subject} {Fault}")]
        public static partial void Refused(ILogger logger, string subject, string fault);
    }
}
