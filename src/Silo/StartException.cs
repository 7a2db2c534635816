namespace XmtpOrleans.Silo;

/// <summary>The process cannot start as it was asked to. Each line of the message is one fault for the operator: what is wrong, where, and what to do.</summary>
internal sealed class StartException(string message) : Exception(message)
{
    /// <summary>Throws with every fault there is, each once; <see langword="null"/> is none.</summary>
    public static void ThrowIfAny(IEnumerable<string?> faults)
    {
        string[] found = [.. faults.OfType<string>().Distinct()];
        if (found.Length > 0) throw new StartException(string.Join('\n', found));
    }
}
