using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Gateway.Rpc.Listening;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class TlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rpc-tls-").FullName;

    [Fact]
    public async Task Alpn_WithHttp2_ServesGrpc()
    {
        await using var host = await RpcHost.StartAsync(tls: WritePem("a"));

        Assert.Single((await host.Invoker().Unary("a")).Responses);
    }

    [Fact]
    public async Task Alpn_WithHttp11_ServesGrpcWebAndJson()
    {
        await using var host = await RpcHost.StartAsync(tls: WritePfx());

        var web = await RawCall.PostAsync(host.Http(), TestApi.Unary, "application/grpc-web+proto",
            RawCall.Frame(TestApi.Ask("a").ToByteArray()));
        var json = await RawCall.PostAsync(host.Http(), TestApi.Unary, "application/json", "{}"u8.ToArray());

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (web.Http, json.Http));
    }

    [Fact]
    public async Task Handshake_ClientOffersBoth_NegotiatesHttp2()
    {
        await using var host = await RpcHost.StartAsync(tls: WritePem("a"));
        using var client = new TcpClient(host.Address.Host, host.Address.Port);
        await using var tls = new SslStream(client.GetStream());

        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "rpc.test",
                ApplicationProtocols = [SslApplicationProtocol.Http11, SslApplicationProtocol.Http2],
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=rpc.test",
            },
            TestContext.Current.CancellationToken);

        Assert.Equal(SslApplicationProtocol.Http2, tls.NegotiatedApplicationProtocol);
    }

    [Fact]
    public void Certificate_FileReplaced_IsReadAgain()
    {
        var clock = new FakeTimeProvider();
        var certificate = new RpcCertificate(WritePem("a"), clock, NullLogger.Instance);
        var first = certificate.Current.TargetCertificate.Thumbprint;

        WritePem("a");
        File.SetLastWriteTimeUtc(Path.Combine(_folder, "a.pem"), DateTime.UtcNow.AddMinutes(5));
        var beforeTheCheck = certificate.Current.TargetCertificate.Thumbprint;
        clock.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(first, beforeTheCheck);
        Assert.NotEqual(first, certificate.Current.TargetCertificate.Thumbprint);
    }

    // As Kubernetes does it: the paths are links through a link to a folder, and only the one in the middle is replaced.
    [Fact]
    public void Certificate_MountedSecretReplaced_IsReadAgain()
    {
        var clock = new FakeTimeProvider();
        var paths = new RpcTlsOptions { CertificatePath = Path.Combine(_folder, "tls.crt"), KeyPath = Path.Combine(_folder, "tls.key") };
        WriteSecret("first", DateTime.UtcNow.AddDays(-2));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "..data"), "first");
        File.CreateSymbolicLink(paths.CertificatePath, "..data/tls.crt");
        File.CreateSymbolicLink(paths.KeyPath, "..data/tls.key");
        var certificate = new RpcCertificate(paths, clock, NullLogger.Instance);
        var first = certificate.Current.TargetCertificate.Thumbprint;

        WriteSecret("second", DateTime.UtcNow.AddDays(-1));
        Directory.Delete(Path.Combine(_folder, "..data"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "..data"), "second");
        clock.Advance(TimeSpan.FromMinutes(2));

        Assert.NotEqual(first, certificate.Current.TargetCertificate.Thumbprint);
    }

    [Fact]
    public void Certificate_FileDamagedLater_TheOldOneStays()
    {
        var clock = new FakeTimeProvider();
        var certificate = new RpcCertificate(WritePem("a"), clock, NullLogger.Instance);
        var first = certificate.Current.TargetCertificate.Thumbprint;

        File.WriteAllText(Path.Combine(_folder, "a.pem"), "nothing");
        File.SetLastWriteTimeUtc(Path.Combine(_folder, "a.pem"), DateTime.UtcNow.AddMinutes(5));
        clock.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(first, certificate.Current.TargetCertificate.Thumbprint);
    }

    [Fact]
    public async Task Certificate_Missing_FailsTheStart() => await Assert.ThrowsAnyAsync<Exception>(
        () => RpcHost.StartAsync(
            tls: new RpcTlsOptions { CertificatePath = Path.Combine(_folder, "none.pem"), KeyPath = Path.Combine(_folder, "none.key") }));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static X509Certificate2 NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=rpc.test", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private void WriteSecret(string version, DateTime writtenAt)
    {
        var written = WritePem(version);
        var folder = Directory.CreateDirectory(Path.Combine(_folder, version)).FullName;
        File.Move(written.CertificatePath, Path.Combine(folder, "tls.crt"));
        File.Move(written.KeyPath!, Path.Combine(folder, "tls.key"));
        File.SetLastWriteTimeUtc(Path.Combine(folder, "tls.crt"), writtenAt);
    }

    private RpcTlsOptions WritePem(string name)
    {
        using var certificate = NewCertificate();
        var options = new RpcTlsOptions { CertificatePath = Path.Combine(_folder, $"{name}.pem"),
            KeyPath = Path.Combine(_folder, $"{name}.key") };
        File.WriteAllText(options.CertificatePath, certificate.ExportCertificatePem());
        File.WriteAllText(options.KeyPath, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return options;
    }

    private RpcTlsOptions WritePfx()
    {
        using var certificate = NewCertificate();
        var options = new RpcTlsOptions { CertificatePath = Path.Combine(_folder, "b.pfx"), Password = "p" };
        File.WriteAllBytes(options.CertificatePath, certificate.Export(X509ContentType.Pkcs12, "p"));
        return options;
    }
}
