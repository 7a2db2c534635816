using System.ComponentModel;
using System.Diagnostics;
using Google.Protobuf.Reflection;
using Grpc.Health.V1;
using Google.Rpc;
using Xmtp.Xmtpv4.MessageApi;
using Xmtp.Xmtpv4.MetadataApi;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Gateway.Tests.Rpc;

/// <summary>The RPC front as other people's clients see it. They live in <c>tests/Interop</c>, pinned by its lock file.</summary>
public sealed class InteropTests
{
    [Theory]
    [InlineData("grpc-js", 12)]
    [InlineData("connect-node", 51)]
    [InlineData("buf", 6)]
    [InlineData("curl", 6)]
    [InlineData("browser", 10)]
    public async Task Client_OfOthers_IsServed(string program, int checks)
    {
        var folder = Repository.PathOf("tests/Interop");
        if (!Directory.Exists(Path.Combine(folder, "node_modules"))) Requirement.Missing("Run `npm ci` in tests/Interop.");
        if (program == "browser" && !HasChromium()) Requirement.Missing("No Chromium found; set CHROMIUM to its path.");

        await using var host = await RpcHost.StartAsync(options => options.Reflection = true);
        var descriptors = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(descriptors, DescriptorSet(), TestContext.Current.CancellationToken);

            var (exitCode, output) = await RunAsync(folder, $"{program}.mjs", host.Address.ToString(), descriptors);

            Assert.True(exitCode == 0, output);
            Assert.True(output.Split('\n').Count(line => line.StartsWith("ok ", StringComparison.Ordinal)) == checks, output);
        }
        finally
        {
            File.Delete(descriptors);
        }
    }

    private static bool HasChromium() =>
        new[] { Environment.GetEnvironmentVariable("CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser",
            "/usr/bin/google-chrome" }.Any(File.Exists);

    private static async Task<(int ExitCode, string Output)> RunAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("node", arguments) { WorkingDirectory = folder, UseShellExecute = false,
            RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (process.ExitCode, await output + await errors);
        }
        catch (Win32Exception)
        {
            Requirement.Missing("Node.js is not installed.");
            throw;
        }
    }

    /// <summary>The definitions of everything served, so that the clients need no generated code.</summary>
    private static byte[] DescriptorSet()
    {
        var set = new FileDescriptorSet();
        var seen = new HashSet<string>();
        FileDescriptor[] roots =
        [
            QueryApiReflection.Descriptor, MetadataApiReflection.Descriptor, MisbehaviorApiReflection.Descriptor,
                HealthReflection.Descriptor,
            ErrorDetailsReflection.Descriptor,
        ];
        Array.ForEach(roots, Add);
        return Google.Protobuf.MessageExtensions.ToByteArray(set);

        void Add(FileDescriptor file)
        {
            if (!seen.Add(file.Name)) return;
            foreach (var dependency in file.Dependencies) Add(dependency);
            var definition = FileDescriptorProto.Parser.ParseFrom(file.SerializedData);
            foreach (var message in definition.MessageType) NameFields(message);
            set.File.Add(definition);
        }
    }

    // What protoc tells plugins and the C# descriptors leave out: without it a JSON client sends fields without names.
    private static void NameFields(DescriptorProto message)
    {
        foreach (var field in message.Field)
        {
            var words = field.Name.Split('_');
            field.JsonName = words[0] + string.Concat(words.Skip(1).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
        }

        foreach (var nested in message.NestedType) NameFields(nested);
    }
}
