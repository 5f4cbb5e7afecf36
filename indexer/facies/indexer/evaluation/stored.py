"""Labelled images with the vectors that a collection has of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facies.core.errors import QueryError
from facies.indexer.evaluation.gallery import Gallery
from facies.indexer.evaluation.subjects import Grouping, group_records, list_validated, state_title
from facies.indexer.evaluation.thumbnails import stored_thumbnails
from facies.indexer.generations import has_learnt
from facies.indexer.named_vectors import get_vector

if TYPE_CHECKING:
    from facies.core.store import Vector
    from facies.core.workspace import Workspace

_AT_ONCE = 1024


def read_gallery(
    workspace: Workspace, collection: str, vector: str | None = None, grouping: Grouping | None = None
) -> Gallery:
    """Read the stored vectors of a collection's validated images.

    Raises:
        CollectionNotFoundError: there is none of this name.
        QueryError: no image has a validated label and the vector, or there is no vector of this name.
        ConfigurationError: no image has the field of the groups.
    """
    record = workspace.catalog.collection(collection)
    chosen = get_vector(record, vector)
    records, notes = list_validated(workspace, collection)
    stored: dict[str, Vector] = {}
    for start in range(0, len(records), _AT_ONCE):
        points = workspace.store.get(collection, [record.id for record in records[start : start + _AT_ONCE]])
        stored |= {key: point.vectors[chosen.name] for key, point in points.items() if chosen.name in point.vectors}
    there_are = [record for record in records if record.id in stored]
    if not there_are:
        raise QueryError(f"no validated image of collection {collection!r} has the vector {chosen.name!r} yet")
    if len(there_are) < len(records):
        notes = (*notes, f"{len(records) - len(there_are):,} validated images have no vector {chosen.name} yet")
    if has_learnt(record, chosen):
        notes = (
            *notes,
            f"{chosen.name} has learnt from these very labels, so that its figures say nothing of other images: "
            f"`facies collections adapt {collection} --dry-run` measures it on held-out ones",
        )
    groups, more = group_records(there_are, grouping)
    return Gallery(
        name=chosen.name,
        model=chosen.fingerprint.card,
        recipe=chosen.fingerprint.recipe,
        keys=tuple(record.id for record in there_are),
        titles=tuple(state_title(record) for record in there_are),
        labels=tuple(str(record.label) for record in there_are),
        groups=None if groups is None else tuple(groups[record.id] for record in there_are),
        vectors=np.stack([np.asarray(stored[record.id], dtype=np.float32) for record in there_are]),
        raw=None,
        fingerprint=chosen.fingerprint,
        images_per_s=None,
        failures=(),
        notes=(*notes, *more),
        read_thumbnail=stored_thumbnails(workspace.blobs),
    )
