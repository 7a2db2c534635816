using System.Data.Common;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage;

/// <summary>The part of the node's database that belongs to its cluster: who is a member, and what grains of Orleans keep. Use it after
/// <see cref="INodeDatabase.OpenAsync"/>.</summary>
public interface IClusterDatabase
{
    /// <summary>Connections for Orleans' providers; theirs alone, so that a busy store delays no sign of life.</summary>
    DbDataSource Connections { get; }

    /// <summary>Enters a silo: the first one writes its identity into the node's row, later ones must have the same. The message version may
    /// lie one step beside the newest one that was entered, and the signer may change when no silo works and none was entered for a minute.</summary>
    /// <exception cref="StoreException">The identity does not fit, or a table or query of Orleans' providers is missing; the message is one
    /// line that says which.</exception>
    Task EnterAsync(ClusterIdentity identity, CancellationToken cancellationToken);

    /// <summary>As <see cref="EnterAsync"/> for a process that is no silo: it is compared and leaves nothing behind.</summary>
    /// <exception cref="StoreException">As there.</exception>
    Task CheckAsync(ClusterIdentity identity, CancellationToken cancellationToken);

    /// <summary>Looks whether a process may have the database for itself.</summary>
    /// <exception cref="StoreException">Silos of a cluster work on it, or did half a minute ago; the message is one line that names one.</exception>
    Task CheckAloneAsync(CancellationToken cancellationToken);

    /// <summary>The silos that work, as far as the database knows: one that was killed a moment ago is among them.</summary>
    /// <exception cref="StoreException">The database cannot be read.</exception>
    Task<IReadOnlyList<ListedSilo>> ReadMembersAsync(string clusterId, CancellationToken cancellationToken);
}
