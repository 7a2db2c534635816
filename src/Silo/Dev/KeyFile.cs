using System.Security.Cryptography;
using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Silo.Dev;

/// <summary>A private key in a file of its own: one line of hex, readable by its owner only.</summary>
internal static class KeyFile
{
    /// <summary>Reads the key, or makes one when the file does not exist.</summary>
    /// <exception cref="StartException">The file cannot be read, or holds no key.</exception>
    public static Secp256k1PrivateKey ReadOrCreate(string path)
    {
        try
        {
            if (!File.Exists(path)) Create(path);
            return Secp256k1PrivateKey.TryParse(File.ReadAllText(path).Trim(), out var key)
                ? key
                : throw new StartException($"{path}: not a private key; it must hold 64 hex digits. Restore it; with a new key the node needs new data, too.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{path}: {failure.Message} Give this user access, or another folder with --data.");
        }
    }

    private static void Create(string path)
    {
        var bytes = RandomNumberGenerator.GetBytes(32);
        while (!Secp256k1PrivateKey.TryParse(Convert.ToHexStringLower(bytes), out _))
        {
            RandomNumberGenerator.Fill(bytes); // zero or beyond the curve's order: one in 2^127
        }

        // Complete under another name first, so that a crash leaves a whole key or none.
        var draft = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(draft, options))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes) + "\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, path);
        // The move is on disk only with the folder; a key that is lost after something was signed with it would be another node's.
        Folders.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}
