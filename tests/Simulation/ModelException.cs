namespace XmtpOrleans.Simulation;

/// <summary>The node did what it must never do.</summary>
public sealed class ModelException(string broken) : Exception(broken);
