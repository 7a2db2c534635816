namespace XmtpOrleans.Silo;

/// <summary>One application of a process.</summary>
/// <param name="Name">What it is called where its health is told.</param>
/// <param name="Application">The application, built.</param>
/// <param name="EnterAsync">What has to happen between opening its database and starting.</param>
internal sealed record ServedApplication(string Name, WebApplication Application, Func<IServiceProvider, CancellationToken, Task> EnterAsync)
{
    /// <summary>An application that only starts.</summary>
    public ServedApplication(string name, WebApplication application)
        : this(name, application, static (_, _) => Task.CompletedTask)
    {
    }
}
