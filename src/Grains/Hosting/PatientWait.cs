namespace XmtpOrleans.Grains.Hosting;

/// <summary>Waits with a limit that do not take a pause of this process itself for one of whoever it waits for.</summary>
public static class PatientWait
{
    // Each is a wait of its own: a process that stood still takes only the step it was in for over.
    private const int Steps = 4;

    /// <summary>Whether a task ends, well or not, within a time; throws what it failed with, but for a <see cref="TimeoutException"/>.</summary>
    /// <param name="task">What is waited for; it goes on when it is not awaited any more.</param>
    /// <param name="limit">The time.</param>
    /// <param name="clock">The clock it is measured by.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<bool> EndsWithinAsync(this Task task, TimeSpan limit, TimeProvider clock, CancellationToken cancellationToken)
    {
        for (var step = 0; step < Steps && !task.IsCompleted; step++)
        {
            try
            {
                await task.WaitAsync(limit / Steps, clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                // The next step, or the task's own.
            }
        }

        return task.IsCompleted;
    }
}
