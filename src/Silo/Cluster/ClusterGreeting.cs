using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Storage;

namespace XmtpOrleans.Silo.Cluster;

/// <summary>Looks, before this process joins, whether the silos that work take a connection of it. A silo that joins and cannot talk to the others is declared
/// dead by them; where there is only one other, it might as well be that one.</summary>
internal sealed class ClusterGreeting(IClusterDatabase database, IOptions<ClusterMemberOptions> options, ClusterTls tls, TimeProvider clock)
{
    private const int Attempts = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(500);

    // A length of 100 and two bytes of what it counts: without TLS the rest is waited for, with TLS it cannot begin like that and the connection ends.
    private static readonly byte[] BeginningOfAPreamble = [100, 0, 0, 0, 0, 0];

    /// <summary>Tries every one. Whoever does not answer says nothing: it may have been killed, or stand still.</summary>
    /// <param name="isSilo">Whether this process is a silo: those connect to other ports than fronts.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="StoreException">Some refuse this process and none takes it; the message is one line.</exception>
    public async Task CheckAsync(bool isSilo, CancellationToken cancellationToken)
    {
        // A silo that is just ending looks like one that refuses, but not for long.
        for (var attempt = 1; await RefusalAsync(isSilo, cancellationToken) is { } refusal; attempt++)
        {
            if (attempt == Attempts) throw new StoreException(refusal);
            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    private async Task<string?> RefusalAsync(bool isSilo, CancellationToken cancellationToken)
    {
        var members = await database.ReadMembersAsync(options.Value.Id, cancellationToken);
        var greetings = await Task.WhenAll(members
            .Where(member => (isSilo ? member.SiloPort : member.ClientPort) > 0 && !(isSilo && member.Name == options.Value.SiloName))
            .Select(member => GreetAsync(member, isSilo ? member.SiloPort : member.ClientPort, cancellationToken)));
        return greetings.Any(static greeting => greeting.IsTaken) ? null : greetings.FirstOrDefault(static greeting => greeting.Refusal is not null).Refusal;
    }

    private async Task<(bool IsTaken, string? Refusal)> GreetAsync(ListedSilo member, int port, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Parse(member.Address), port, either.Token);
            var refusal = tls.IsUsed ? await GreetEncryptedAsync(socket, either.Token) : await GreetAsync(socket, either.Token);
            return refusal is null ? (true, null) : (false, $"Silo {member.Name} at {member.Address}:{port} {refusal}");
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return (false, null);
        }
    }

    // Null when nobody says anything, too: at the port for fronts the other side speaks first.
    private async Task<string?> GreetAsync(TcpClient socket, CancellationToken cancellationToken)
    {
        try
        {
            await socket.GetStream().WriteAsync(BeginningOfAPreamble, cancellationToken);
            if (await socket.GetStream().ReadAsync(new byte[1], cancellationToken).AsTask().WaitAsync(Silence, clock, cancellationToken) > 0) return null;
        }
        catch (TimeoutException)
        {
            return null;
        }
        catch (IOException)
        {
            // Ended, too.
        }

        return "encrypts its traffic, and this process does not: give Cluster:Tls:CertificatePath, Cluster:Tls:KeyPath and Cluster:Tls:AuthorityPath.";
    }

    private async Task<string?> GreetEncryptedAsync(TcpClient socket, CancellationToken cancellationToken)
    {
        var (isEncrypted, fault) = (false, (string?)null);
        try
        {
            await using var stream = new SslStream(socket.GetStream());
            await stream.AuthenticateAsClientAsync(tls.ClientOptions(found => (isEncrypted, fault) = (true, found)), cancellationToken);
            if (await stream.ReadAsync(new byte[1], cancellationToken) > 0) return null;
        }
        catch (Exception failure) when (failure is AuthenticationException or IOException)
        {
            // Which of both sides ended it says what was seen.
        }

        if (fault is not null) return $"shows a certificate that {fault}: correct Cluster:Tls:AuthorityPath here, or its certificate.";
        return isEncrypted
            ? "does not take this process's certificate: give one in Cluster:Tls:CertificatePath that the cluster's authority signed and that is valid now."
            : "does not encrypt its traffic, and this process does: take Cluster:Tls out here, or stop the whole cluster and start it with it.";
    }
}
