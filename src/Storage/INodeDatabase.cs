using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage;

/// <summary>The node's database behind the store ports: opened once by the host, before anything uses them.</summary>
public interface INodeDatabase
{
    /// <summary>Opens the database: takes it for this process where only one may have it, applies missing migrations, and checks that it
    /// is whole and that its settings keep what it acknowledges. May be called again after a failure that passes.</summary>
    /// <exception cref="StoreException">The database cannot be used; the message is one line that says what to do.</exception>
    Task OpenAsync(CancellationToken cancellationToken);
}
