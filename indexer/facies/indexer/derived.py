"""Named vectors that are computed from others: made together with those, and made up for where they lack.

An image has what is computed from a vector as soon as it has that one, by the projection as it was fitted once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from facies.core.errors import ModelError
from facies.core.records import CollectionRecord, VectorRecord
from facies.indexer.projections import ProjectionCache

if TYPE_CHECKING:
    from facies.core.catalog import Catalog
    from facies.core.store import Vector, VectorStore
    from facies.core.workspace import Workspace
    from facies.models.projection import Projection

_AT_ONCE: Final = 256
"""Vectors that are read, projected and written at a time."""


@dataclass(slots=True)
class Filled:
    """What became of the images that lacked a derived vector.

    Attributes:
        written: how many have it now.
        refused: ids of those that have a source and no direction after the projection, with the reason.
    """

    written: int = 0
    refused: dict[str, str] = field(default_factory=dict)


class Derivations:
    """Computes what follows from a named vector in a collection."""

    def __init__(self, catalog: Catalog) -> None:
        """Read projections from this catalogue, each once."""
        self._catalog = catalog
        self._cache = ProjectionCache()

    def complete(self, record: CollectionRecord, name: str, rows: Sequence[Vector]) -> list[dict[str, Vector]]:
        """Give images with one named vector all that is computed from it.

        Args:
            record: the collection as it is now.
            name: of the vector that is there.
            rows: each (d,), unit length.

        Returns:
            for each row the named vectors of its image; one that would have no direction is left out.

        Raises:
            CatalogError: a projection is damaged.
        """
        images = [{name: row} for row in rows]
        for vector in record.derived_from(name):
            projection = self._cache.get(self._catalog, str(vector.projection))
            source = str(vector.source)
            ready = [image for image in images if source in image]
            for image, made in zip(ready, project_apart(projection, [one[source] for one in ready]), strict=True):
                if not isinstance(made, ModelError):
                    image[vector.name] = made
        return images


def project_apart(projection: Projection, rows: Sequence[Vector]) -> list[Vector | ModelError]:
    """Project vectors; one that has no direction afterwards has the error in its place, and the others stay."""
    if not rows:
        return []
    try:
        return list(projection.apply(np.stack(rows)))
    except ModelError as error:
        if len(rows) == 1:
            return [error]
        return [one for row in rows for one in project_apart(projection, [row])]


def fill_derived(
    store: VectorStore,
    collection: str,
    vector: VectorRecord,
    projection: Projection,
    *,
    told: Callable[[int], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> Filled:
    """Compute a derived vector for every image that lacks it and has what it is computed from.

    Args:
        store: with the collection, whose schema has the vector.
        collection: its name.
        vector: the derived one; the catalogue need not know it yet.
        projection: computes it.
        told: after each batch, how many are written.
        stop: looked at after each batch; when set, what is written stays.
    """
    filled, source = Filled(), str(vector.source)
    lacking = store.scroll(collection, lacking=vector.name, vectors=True)
    ready = ((point.id, point.vectors[source]) for point in lacking if source in point.vectors)
    while batch := list(islice(ready, _AT_ONCE)):
        if stop is not None and stop.is_set():
            break
        made = dict(zip([one for one, _ in batch], project_apart(projection, [row for _, row in batch]), strict=True))
        filled.refused |= {one: row.message for one, row in made.items() if isinstance(row, ModelError)}
        rows: Mapping[str, Vector] = {one: row for one, row in made.items() if not isinstance(row, ModelError)}
        store.put_vectors(collection, vector.name, rows)
        filled.written += len(rows)
        told(filled.written)
    return filled


def fill_all_derived(workspace: Workspace, collection: str, source: str, stop: threading.Event | None = None) -> int:
    """Compute all that follows from a named vector, for the images that lack it; gives the number of vectors made.

    Raises:
        CatalogError: a projection is damaged.
    """
    cache = ProjectionCache()
    return sum(
        fill_derived(
            workspace.store, collection, vector, cache.get(workspace.catalog, str(vector.projection)), stop=stop
        ).written
        for vector in workspace.catalog.collection(collection).derived_from(source)
    )
