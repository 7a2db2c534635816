using Orleans.Placement;
using Orleans.Runtime;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>Grains that share the work of a node: each kind is spread over all silos by its key.</summary>
internal sealed class SpreadPlacement : PlacementStrategy;

/// <summary>Logs that are not called much from anywhere: there are few, so each takes the next silo.</summary>
internal sealed class InTurnPlacement : PlacementStrategy;

/// <summary>Grains that much of a node's traffic goes to: where they are called from, so that it stays in one process.</summary>
internal sealed class NearCallersPlacement : PlacementStrategy;

/// <summary>Places a grain by <see cref="SpreadPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class SpreadPlacementAttribute() : PlacementAttribute(new SpreadPlacement());

/// <summary>Places a log by <see cref="InTurnPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class InTurnPlacementAttribute() : PlacementAttribute(new InTurnPlacement());

/// <summary>Places a grain by <see cref="NearCallersPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class NearCallersPlacementAttribute() : PlacementAttribute(new NearCallersPlacement());
