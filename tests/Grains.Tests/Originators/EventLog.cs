using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace XmtpOrleans.Grains.Tests.Originators;

/// <summary>Remembers which lines were logged.</summary>
internal sealed class EventLog : ILogger
{
    private readonly ConcurrentQueue<string> _events = [];

    public int Count(string name) => _events.Count(logged => logged == name);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _events.Enqueue(eventId.Name ?? "");

    /// <summary>The same for those who ask for the logger of a type.</summary>
    public ILogger<T> For<T>() => new Typed<T>(this);

    private sealed class Typed<T>(EventLog log) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Log(logLevel, eventId, state, exception, formatter);
    }
}
