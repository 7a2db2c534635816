using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Orleans;
using Orleans.Runtime;
using XmtpOrleans.Silo.Cluster;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Silo.Tests.Cluster;

public sealed class ClusterTlsTests : IAsyncLifetime, IDisposable
{
    private static readonly string[] SecretFiles = ["tls.crt", "tls.key", "ca.crt"];

    private readonly ClusterAuthority _authority = new();
    private readonly ClusterAuthority _stranger = new();
    private string _database = null!;
    private ClusterHost _silo = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await (await PostgresServer.SharedAsync()).CreateSchemaAsync();
        _silo = await ClusterHost.StartSiloAsync(_database, "one", _authority.Member("one"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_silo is not null) await _silo.DisposeAsync();
        Dispose();
    }

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Start_WithCertificates_SilosAndClientsWorkTogether()
    {
        await using var other = await ClusterHost.StartSiloAsync(_database, "two", _authority.Member("two"));
        await _silo.SeesAsync(2);
        await using var client = await ClusterHost.StartClientAsync(_database, _authority.Member("front"));

        var hosts = await client.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true, Cancellation);

        Assert.Equal(2, hosts.Count);
    }

    [Fact]
    public async Task Start_CertificatesOfIntermediates_AreShownWithThem()
    {
        // Nobody else has their intermediates, only the authority that signed those.
        await using var other = await ClusterHost.StartSiloAsync(_database, "two", _authority.MemberOfAnIntermediate("two"));
        await _silo.SeesAsync(2);
        await using var client = await ClusterHost.StartClientAsync(_database, _authority.MemberOfAnIntermediate("front"));

        var hosts = await client.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true, Cancellation);

        Assert.Equal(2, hosts.Count);
    }

    [Fact]
    public async Task Start_IntermediateIsMissingInTheFile_SaysThatOthersWouldNotTakeIt()
    {
        var member = _authority.MemberOfAnIntermediate("two");
        var leaf = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(member[0].Value, Cancellation)).ExportCertificatePem();
        await File.WriteAllTextAsync(member[0].Value, leaf, Cancellation);

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => ClusterHost.StartSiloAsync(_database, "two", member));

        Assert.StartsWith("CertificatePath: the certificate is signed by no authority", refused.Failures.Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connect_OnlyWithACertificateOfTheAuthority_IsAnswered(bool? ofTheAuthority)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(_silo.Address.Endpoint, Cancellation);
        await using var stream = new SslStream(socket.GetStream());
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "any",
#pragma warning disable CA5359 // What the silo shows is not looked at here, only what it wants to see.
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
            ClientCertificates = ofTheAuthority is null ? null : [CertificateOf((ofTheAuthority.Value ? _authority : _stranger).Member("probe"))],
        };

        var greeted = await GreetedAsync(stream, options);

        Assert.Equal(ofTheAuthority is true, greeted);
    }

    [Fact]
    public async Task Start_FilesAreMissing_SaysWhatToSet()
    {
        var partial = await Assert.ThrowsAsync<OptionsValidationException>(() => ClusterHost.StartSiloAsync(_database, "two", _authority.Member("two")[..2]));
        var missing = await Assert.ThrowsAsync<OptionsValidationException>(() => ClusterHost.StartSiloAsync(
            _database, "two", [.. _authority.Member("two")[..2], ("Cluster:Tls:AuthorityPath", "/nowhere/authority.pem")]));

        Assert.EndsWith("give all three, or none for cleartext.", partial.Failures.Single(), StringComparison.Ordinal);
        Assert.Contains("/nowhere/authority.pem", missing.Failures.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_CertificateHasExpired_SaysSo()
    {
        var expired = await Assert.ThrowsAsync<OptionsValidationException>(
            () => ClusterHost.StartSiloAsync(_database, "two", _authority.Member("two", days: -0.5)));
        var foreign = await Assert.ThrowsAsync<OptionsValidationException>(() => ClusterHost.StartSiloAsync(
            _database, "two", [.. _stranger.Member("two")[..2], ("Cluster:Tls:AuthorityPath", _authority.AuthorityPath)]));

        Assert.StartsWith("CertificatePath: the certificate is valid from ", expired.Failures.Single(), StringComparison.Ordinal);
        Assert.StartsWith("CertificatePath: the certificate is signed by no authority", foreign.Failures.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_AfterTheFilesWereReplaced_IsShownTheNewCertificate()
    {
        var clock = new FakeTimeProvider();
        var member = _authority.Member("renewed");
        await using var silo = await ClusterHost.StartSiloAsync(_database, "renewed", services => services.AddSingleton(provider => new ClusterTls(
            provider.GetRequiredService<IOptions<ClusterTlsOptions>>(), clock, provider.GetRequiredService<ILogger<ClusterTls>>())), member);
        var first = await ShownAsync(silo);

        _authority.Member("renewed");
        foreach (var (_, path) in member) File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(1)); // whatever the file system's clock counts in
        Assert.Equal(first, await ShownAsync(silo));
        clock.Advance(TimeSpan.FromMinutes(1));
        var second = await ShownAsync(silo);
        await File.WriteAllTextAsync(member[1].Value, "half a key", Cancellation);
        clock.Advance(TimeSpan.FromMinutes(1));

        Assert.NotEqual(first, second);
        Assert.Equal(second, await ShownAsync(silo)); // a file that cannot be read changes nothing
    }

    // As Kubernetes does it: the paths are links through a link to a folder, and only the one in the middle is replaced.
    [Fact]
    public void Settings_MountedSecretReplaced_ShowTheNewCertificate()
    {
        var (clock, folder) = (new FakeTimeProvider(), Directory.CreateTempSubdirectory("xmtp-secret-").FullName);
        try
        {
            WriteSecret(Path.Combine(folder, "first"), DateTime.UtcNow.AddDays(-2));
            Directory.CreateSymbolicLink(Path.Combine(folder, "..data"), "first");
            foreach (var name in SecretFiles) File.CreateSymbolicLink(Path.Combine(folder, name), $"..data/{name}");
            var paths = Array.ConvertAll(SecretFiles, name => Path.Combine(folder, name));
            var tls = new ClusterTls(
                Options.Create(new ClusterTlsOptions { CertificatePath = paths[0], KeyPath = paths[1], AuthorityPath = paths[2] }), clock, NullLogger<ClusterTls>.Instance);
            var first = tls.Settings.LocalServerCertificateSelector!(null!, "").Thumbprint;

            WriteSecret(Path.Combine(folder, "second"), DateTime.UtcNow.AddDays(-1));
            Directory.Delete(Path.Combine(folder, "..data"));
            Directory.CreateSymbolicLink(Path.Combine(folder, "..data"), "second");
            clock.Advance(TimeSpan.FromMinutes(2));

            Assert.NotEqual(first, tls.Settings.LocalServerCertificateSelector!(null!, "").Thumbprint);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Settings_CertificateReplacedThatIsOlderThanTheAuthority_ShowTheNewCertificate()
    {
        var clock = new FakeTimeProvider();
        var paths = WriteMember(DateTime.UtcNow.AddDays(-2));
        File.SetLastWriteTimeUtc(paths[2], DateTime.UtcNow);
        var tls = new ClusterTls(
            Options.Create(new ClusterTlsOptions { CertificatePath = paths[0], KeyPath = paths[1], AuthorityPath = paths[2] }), clock, NullLogger<ClusterTls>.Instance);
        var first = tls.Settings.LocalServerCertificateSelector!(null!, "").Thumbprint;

        WriteMember(DateTime.UtcNow.AddDays(-1));
        clock.Advance(TimeSpan.FromMinutes(2));

        Assert.NotEqual(first, tls.Settings.LocalServerCertificateSelector!(null!, "").Thumbprint);
    }

    // A certificate and its key, written at that time, beside the authority's, which keeps its own.
    private string[] WriteMember(DateTime writtenAt)
    {
        string[] paths = [.. _authority.Member("older").Select(static setting => setting.Value)];
        foreach (var path in paths[..2]) File.SetLastWriteTimeUtc(path, writtenAt);
        return paths;
    }

    private void WriteSecret(string folder, DateTime writtenAt)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, file) in SecretFiles.Zip(_authority.Member("mounted"), static (name, setting) => (name, setting.Value)))
        {
            File.Copy(file, Path.Combine(folder, name));
            File.SetLastWriteTimeUtc(Path.Combine(folder, name), writtenAt);
        }
    }

    // The thumbprint of what a silo shows on a new connection.
    private async Task<string> ShownAsync(ClusterHost silo)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(silo.Address.Endpoint, Cancellation);
        await using var stream = new SslStream(socket.GetStream());
        var shown = "";
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "any",
                RemoteCertificateValidationCallback = (_, certificate, _, _) => (shown = certificate!.GetCertHashString()).Length > 0,
                ClientCertificates = [CertificateOf(_authority.Member("probe"))],
            },
            Cancellation);
        return shown;
    }

    private static X509Certificate2 CertificateOf((string Key, string Value)[] member) => X509Certificate2.CreateFromPemFile(member[0].Value, member[1].Value);

    // A silo begins with a preamble of its own; it closes a connection that it does not trust.
    private static async Task<bool> GreetedAsync(SslStream stream, SslClientAuthenticationOptions options)
    {
        try
        {
            await stream.AuthenticateAsClientAsync(options, Cancellation);
            return await stream.ReadAsync(new byte[1], Cancellation) > 0;
        }
        catch (Exception failure) when (failure is IOException or AuthenticationException)
        {
            return false;
        }
    }
}
