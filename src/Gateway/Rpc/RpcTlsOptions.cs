namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Where the server's certificate lies: a PEM pair (certificate chain and key), or one PFX file.</summary>
public sealed class RpcTlsOptions
{
    /// <summary>PEM file with the certificate, followed by those of the intermediates; or a PFX file.</summary>
    public required string CertificatePath { get; set; }

    /// <summary>PEM file with the unencrypted private key. Default: none, then the certificate file is a PFX.</summary>
    public string? KeyPath { get; set; }

    /// <summary>Password of the PFX file. Default: none.</summary>
    public string? Password { get; set; }
}
