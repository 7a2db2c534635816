namespace XmtpOrleans.Gateway.Rpc.Listening;

/// <summary>When files that are replaced under a running process were written.</summary>
public static class WrittenFiles
{
    /// <summary>When the file was written last that a path leads to. Kubernetes mounts secrets as links, which stay as they are when what they lead to is
    /// replaced, so the time of the link itself says nothing.</summary>
    /// <exception cref="IOException">There is no such file.</exception>
    public static DateTime WrittenAt(string path) => (File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path)).LastWriteTimeUtc;
}
