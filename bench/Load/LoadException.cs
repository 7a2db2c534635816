namespace XmtpOrleans.Load;

/// <summary>A run cannot be done as asked. The message is one line: what is wrong and what to do.</summary>
internal sealed class LoadException(string message) : Exception(message);
