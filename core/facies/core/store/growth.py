"""When a collection has grown so far that its graph wants to be built anew."""

from __future__ import annotations

from typing import Final

from facies.core.store.base import CollectionInfo

GROWN: Final = 0.1
"""The share of points that may be scanned beside the graph: a search then takes about as long for them as for it."""


def needs_optimizing(info: CollectionInfo, graph_above: int) -> bool:
    """Tell whether so many points are scanned that a graph over all is worth its building.

    Up to ``graph_above`` points are scanned in a millisecond. A larger collection may have a tenth of its points
    outside the graph before it is built again, so that all its buildings together take about ten times the last one.

    Example:
        >>> info = CollectionInfo(points=100_000, graphed=0, quantization="none", disk_bytes=None, optimizing=False)
        >>> needs_optimizing(info, graph_above=20_000)
        True
    """
    if info.optimizing:
        return False
    return info.points - info.graphed > max(graph_above, GROWN * info.points)
