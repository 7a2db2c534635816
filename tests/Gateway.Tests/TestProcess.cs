using System.Runtime.CompilerServices;

namespace XmtpOrleans.Gateway.Tests;

internal static class TestProcess
{
    // Every host would watch its settings file, and a user may watch 128 of them.
    [ModuleInitializer]
    public static void Initialize() => Environment.SetEnvironmentVariable("ASPNETCORE_hostBuilder__reloadConfigOnChange", "false");
}
