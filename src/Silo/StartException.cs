namespace XmtpOrleans.Silo;

/// <summary>The process cannot start as it was asked to. The message is one line for the operator: what is wrong, where, and what to do.</summary>
internal sealed class StartException(string message) : Exception(message);
