using System.Net;
using System.Net.Sockets;

namespace XmtpOrleans.Testing;

/// <summary>Ports of the loopback address that nobody listens on. They lie below those that systems give to outgoing connections: over the restarts of a
/// process another connection of the machine would take one of those sooner or later.</summary>
public static class FreePorts
{
    private const int First = 15_000;
    private const int AfterLast = 32_000;

    /// <summary>So many of them, all different.</summary>
    public static int[] Take(int count)
    {
        var ports = new HashSet<int>();
        while (ports.Count < count)
        {
            var port = Random.Shared.Next(First, AfterLast);
            if (IsFree(port)) ports.Add(port);
        }

        return [.. ports];
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
