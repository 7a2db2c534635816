namespace XmtpOrleans.Gateway.Rpc;

/// <summary>The life of a server.</summary>
public enum ServingPhase
{
    /// <summary>Not ready: every call, health among them, fails with <c>Unavailable</c>.</summary>
    Starting,

    /// <summary>Calls are taken.</summary>
    Serving,

    /// <summary>About to stop: health fails so that nobody new comes, calls are still taken.</summary>
    Leaving,

    /// <summary>Stopping: new calls fail with <c>Unavailable</c>, streams are ended over the drain time, unary calls finish.</summary>
    Draining,
}
