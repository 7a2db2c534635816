namespace XmtpOrleans.Storage;

/// <summary>A silo that the database lists as one that works.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">IP address at which it is reached.</param>
/// <param name="SiloPort">Port for other silos.</param>
/// <param name="ClientPort">Port for fronts alone; 0 when it takes none.</param>
public sealed record ListedSilo(string Name, string Address, int SiloPort, int ClientPort);
