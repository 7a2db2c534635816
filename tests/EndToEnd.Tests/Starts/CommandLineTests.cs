using XmtpOrleans.EndToEnd.Tests.Processes;

namespace XmtpOrleans.EndToEnd.Tests.Starts;

/// <summary>What a command does not take is said in a line that says what it takes, with exit code 2.</summary>
public sealed class CommandLineTests
{
    private static readonly Uri Nowhere = new("http://127.0.0.1:1");

    [Theory]
    [InlineData("nod", "nod: there is no such command; give one of dev, migrate, health, node, front, gateway")]
    [InlineData("--prot 1", "--prot: dev takes nothing of that name; see dev --help")]
    [InlineData("node --data x", "--data: node takes nothing of that name; see node --help")]
    [InlineData("dev extra", "extra: dev takes nothing of that name; see dev --help")]
    [InlineData("--port 5.5", "--port 5.5: give a whole number", "See --help.")]
    [InlineData("--port abc --drain-delay soon", "--port abc: give a whole number", "--drain-delay soon: give a number", "See --help.")]
    [InlineData("front --set =x", "--set =x: give Section:Name=value", "See --help.")]
    [InlineData("health --ops-port abc", "Ops:Port = abc: not a port; give one from 1 to 65535")]
    [InlineData("front --set Node:Id=100 Postgres:ConnectionString=Host=x --port 5050 --ops-port 5050", "Listen:Port and Ops:Port are both 5050; give each its own")]
    [InlineData("front --set Node:Id=100 Postgres:ConnectionStringFile=/nowhere", "Postgres:ConnectionStringFile = /nowhere: Could not find file '/nowhere'.")]
    public async Task Start_WrongArguments_SaysWhatIsWrong(string arguments, params string[] lines)
    {
        await using var process = new ServerProcess(Nowhere, arguments.Split(' '));

        var exit = await process.RunToExitAsync();

        Assert.Equal(2, exit.Code);
        Assert.Equal(lines, exit.Errors);
    }

    [Theory]
    [InlineData("Sequencer__PayerBrst", "5", "Sequencer__PayerBrst in the environment: there is no such setting; correct its name")]
    [InlineData("Logging__LogLevel__Default", "loud", "Logging:LogLevel:Default = loud: give one of Trace, Debug, Information, Warning, Error, Critical, None")]
    public async Task Start_DevWithAWrongVariable_SaysWhatIsWrong(string name, string value, string line)
    {
        using var folder = new TestFolder();
        await using var silo = new SiloProcess(folder.Path).WithEnvironment(name, value);

        Assert.Equal(line, await RefusedStartTests.RefusesAsync(silo));
    }
}
