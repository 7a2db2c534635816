using Microsoft.Extensions.Logging;

namespace XmtpOrleans.Simulation;

/// <summary>Notes which lines the cores would log, so that a test can tell what a run went through.</summary>
internal sealed class CountingLogger(World world) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        world.Count(eventId.Name ?? "");
        world.Note(formatter(state, exception));
    }
}
