using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Orleans.Runtime;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Silo.Tests;

public sealed class ServingProcessTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_BrokenOffWhileASiloJoins_IsACancellation()
    {
        using var told = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var process = ProcessOf(new Part(async stopping =>
        {
            await told.CancelAsync();
            Assert.True(stopping.IsCancellationRequested);
            throw new OrleansException("Lifecycle start canceled, as a silo says it.");
        }));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => process.StartAsync(told.Token));
    }

    [Fact]
    public async Task Start_DatabaseGoesAwayUnderTheSilo_SaysSoInOneLine()
    {
        var process = ProcessOf(new Part(_ => throw new NpgsqlException("Failed to connect to 127.0.0.1:5432")));

        var refusal = await Assert.ThrowsAsync<StartException>(() => process.StartAsync(Cancellation));
        Assert.Equal("The database went away while the process started: Failed to connect to 127.0.0.1:5432", refusal.Message);
    }

    [Fact]
    public async Task Run_PartFails_EndsTheProcess()
    {
        var exit = await RunningCommand.RunAsync(async stopping =>
        {
            var part = new FailingPart();
            var process = ProcessOf(part);
            await process.StartAsync(stopping);
            part.IsTold = true;
            return process;
        }).WaitAsync(TimeSpan.FromMinutes(1), Cancellation);

        Assert.Equal(RunningCommand.Failed, exit);
    }

    private static ServingProcess ProcessOf(IHostedService part)
    {
        var ports = FreePorts.Take(2);
        var builder = EmbeddedHosting.CreateBuilder();
        EmbeddedHosting.Configure(builder);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, ports[0]));
        builder.Services.AddSingleton<ServingState>().AddSingleton(part);
        return new ServingProcess([new ServedApplication("part", builder.Build())], new IPEndPoint(IPAddress.Loopback, ports[1]), drainDelay: TimeSpan.Zero);
    }

    private sealed class Part(Func<CancellationToken, Task> startAsync) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => startAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class FailingPart : BackgroundService
    {
        public volatile bool IsTold;

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            while (!IsTold) await Task.Yield();
            throw new InvalidOperationException("no loop of ours should end like this");
        }
    }
}
