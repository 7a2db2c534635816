using System.Diagnostics;

namespace XmtpOrleans.EndToEnd.Tests.Processes;

/// <summary>What a process wrote, as far as it is of use in a message: the last lines, and the error output apart.</summary>
internal sealed class ProcessOutput
{
    private const int LinesKept = 400;

    private readonly Lock _lock = new();
    private readonly Queue<string> _all = [];
    private readonly List<string> _errors = [];

    /// <summary>File that every line is added to, too.</summary>
    public string? LogPath { get; init; }

    /// <summary>Reads both streams of a process that was started with them redirected.</summary>
    public void Follow(Process process)
    {
        process.OutputDataReceived += (_, line) => Add(line.Data, isError: false);
        process.ErrorDataReceived += (_, line) => Add(line.Data, isError: true);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The lines of the error output that hold anything.</summary>
    public IReadOnlyList<string> Errors
    {
        get { lock (_lock) return [.. _errors]; }
    }

    /// <summary>The last lines of both.</summary>
    public override string ToString()
    {
        lock (_lock) return string.Join('\n', _all);
    }

    private void Add(string? line, bool isError)
    {
        if (string.IsNullOrWhiteSpace(line)) return;
        lock (_lock)
        {
            _all.Enqueue(line);
            if (_all.Count > LinesKept) _all.Dequeue();
            if (isError && _errors.Count < LinesKept) _errors.Add(line);
            if (LogPath is not null) File.AppendAllText(LogPath, line + '\n');
        }
    }
}
