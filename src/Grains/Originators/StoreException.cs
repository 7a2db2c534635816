namespace XmtpOrleans.Grains.Originators;

/// <summary>The store could not do its work; the original failure is inside.</summary>
public sealed class StoreException : Exception
{
    /// <summary>Creates the failure.</summary>
    /// <param name="message">What was tried and what to do, for the operator; no secret in it.</param>
    /// <param name="innerException">The driver's failure.</param>
    /// <param name="isTransient">Whether the same call may succeed later (server away, disk full, dead lock).</param>
    public StoreException(string message, Exception? innerException, bool isTransient)
        : base(message, innerException) => IsTransient = isTransient;

    /// <summary>Creates a permanent failure.</summary>
    public StoreException(string message)
        : base(message)
    {
    }

    /// <summary>Creates a permanent failure with its cause.</summary>
    public StoreException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates a permanent failure without a message.</summary>
    public StoreException()
    {
    }

    /// <summary>Whether the same call may succeed later. An append that failed may or may not be stored: only a fresh lease tells.</summary>
    public bool IsTransient { get; }
}
