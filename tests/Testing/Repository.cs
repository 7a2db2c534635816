namespace XmtpOrleans.Testing;

/// <summary>Files of the working copy that are not copied beside the tests.</summary>
public static class Repository
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The full path of a file or folder named relative to <see cref="Root"/>, whether it exists or not.</summary>
    public static string PathOf(string name) => Path.Combine([Root, .. name.Split('/')]);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "XmtpOrleans.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException($"No solution above {AppContext.BaseDirectory}.");
    }
}
