"""Projections between the catalogue, which keeps them as bytes, and the models, which apply them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from facies.core.errors import CatalogError, ModelError
from facies.core.records import ProjectionRecord
from facies.models.projection import Projection

if TYPE_CHECKING:
    from facies.core.catalog import Catalog

_KEPT: Final = 8
"""Projections in memory at a time; one of 1280 numbers to as many takes 6.5 MB."""


class ProjectionCache:
    """Projections that were read, by digest: since a digest stands for the values, none is ever stale. Thread-safe."""

    def __init__(self) -> None:
        """Hold none yet."""
        self._guard = threading.Lock()
        self._held: OrderedDict[str, Projection] = OrderedDict()

    def get(self, catalog: Catalog, digest: str) -> Projection:
        """Read a projection from the catalogue, or give the one that was read before.

        Raises:
            CatalogError: there is none of this digest, or it is damaged.
        """
        with self._guard:
            if digest not in self._held:
                self._held[digest] = read_projection(catalog.projection(digest), catalog.where)
                while len(self._held) > _KEPT:
                    self._held.popitem(last=False)
            self._held.move_to_end(digest)
            return self._held[digest]


def read_projection(record: ProjectionRecord, where: str) -> Projection:
    """Read a projection, and see that it is the one that its record names; ``where`` says for messages where it lies.

    Raises:
        CatalogError: it is damaged.
    """
    try:
        projection = Projection.from_bytes(record.data)
    except ModelError as error:
        raise CatalogError(f"projection {record.digest} of {where} is damaged: {error.message}") from error
    if write_projection(projection, record.data) != record:
        raise CatalogError(f"projection {record.digest} of {where} is damaged: its values have another digest")
    return projection


def write_projection(projection: Projection, data: bytes | None = None) -> ProjectionRecord:
    """Write a projection down for the catalogue; ``data`` are its bytes where these are at hand."""
    return ProjectionRecord(
        digest=projection.digest,
        method=projection.method,
        source_dim=projection.source_dim,
        dim=projection.dim,
        data=projection.to_bytes() if data is None else data,
    )
