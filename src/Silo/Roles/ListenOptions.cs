using System.ComponentModel.DataAnnotations;
using System.Net;

namespace XmtpOrleans.Silo.Roles;

/// <summary>Where a role serves its RPC.</summary>
internal sealed class ListenOptions
{
    /// <summary>Configuration section.</summary>
    public const string SectionName = "Listen";

    /// <summary>Address to listen on; 0.0.0.0 or :: for all of this machine's. Default: 127.0.0.1.</summary>
    [Required]
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>Port of all protocols. Default: 5050.</summary>
    [Range(1, IPEndPoint.MaxPort)]
    public int Port { get; set; } = 5050;

    /// <summary>PEM file with the certificate and its intermediates, read again when it changes. Default: none, then the port is cleartext.</summary>
    public string? CertificatePath { get; set; }

    /// <summary>PEM file with the certificate's private key. Default: none.</summary>
    public string? CertificateKeyPath { get; set; }
}
