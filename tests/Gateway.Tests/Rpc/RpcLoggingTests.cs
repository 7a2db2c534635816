using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class RpcLoggingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Requests_AreLoggedOnlyWhenAsked(bool asked)
    {
        using var log = new Recorder();
        await using var host = await RpcHost.StartAsync(options => options.LogRequests = asked, services =>
            services.AddSingleton<ILoggerProvider>(log));

        await host.Invoker().Unary("a");
        await Eventually.TrueAsync(() =>
            !asked || log.Lines.Any(line => line.Contains("Request finished", StringComparison.Ordinal)), "the call is logged");

        Assert.Equal(asked, log.Lines.Any(line => line.Contains("Request", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Start_LogsNoWarning()
    {
        using var log = new Recorder();
        await using var host = await RpcHost.StartAsync(services: services => services.AddSingleton<ILoggerProvider>(log));

        Assert.DoesNotContain(log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task HandlerFault_IsLoggedWithItsReason()
    {
        using var log = new Recorder();
        await using var host = await RpcHost.StartAsync(services: services => services.AddSingleton<ILoggerProvider>(log));

        await Assert.ThrowsAsync<RpcException>(async () => await host.Invoker().Unary("broken"));

        var line = Assert.Single(log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
        Assert.Contains("/xmtp.xmtpv4.message_api.QueryApi/GetInboxIds", line, StringComparison.Ordinal);
        Assert.Contains("InvalidOperationException", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusal_IsNotLogged()
    {
        using var log = new Recorder();
        await using var host = await RpcHost.StartAsync(services: services => services.AddSingleton<ILoggerProvider>(log));

        await Assert.ThrowsAsync<RpcException>(async () => await host.Invoker().Unary("invalid"));

        Assert.DoesNotContain(log.Lines, line => line.Contains("invalid", StringComparison.Ordinal));
    }

    private sealed class Recorder : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = [];

        public IReadOnlyCollection<string> Lines => [.. _lines];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue($"{logLevel}: {formatter(state, exception)} {exception?.GetType().Name}");

        public void Dispose()
        {
        }
    }
}
