using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;
using XmtpOrleans.Storage.Tests.Sqlite;

namespace XmtpOrleans.Storage.Tests;

/// <summary>Runs the tests, or, started again by one of them, what that test kills or watches.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args) => args switch
    {
        [AppendingChild.Command, var path, var commits] => await AppendingChild.RunAsync(path, int.Parse(commits)),
        _ when args.Any(argument => argument is "--server" or "--internal-msbuild-node") =>
            await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
        _ => await ConsoleRunner.Run(args),
    };
}
