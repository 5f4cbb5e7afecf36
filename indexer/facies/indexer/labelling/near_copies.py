"""Images of a collection that are all but the same, in groups, whatever their labels are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from facies.indexer.labelling.review import MOST_BYTES, choose_vector
from facies.indexer.sampling import pick_evenly
from facies.models.near_duplicates import ALIKE, group_copies

if TYPE_CHECKING:
    from facies.core.metrics import Embeddings
    from facies.core.records import ImageRecord
    from facies.core.workspace import Workspace

_AT_ONCE: Final = 1024

OnStage: TypeAlias = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Member:
    """An image of a group, as the catalogue has it."""

    id: str
    label: str | None
    state: str | None
    path: str


@dataclass(frozen=True, slots=True)
class CopyGroup:
    """Images of which each is a near copy of another one of the group.

    Attributes:
        members: at least two, the validated before the others, then by path.
        similarity: the least cosine by which one is joined to the group.
    """

    members: tuple[Member, ...]
    similarity: float

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the members, in their order."""
        return tuple(one.id for one in self.members)

    @property
    def differs(self) -> bool:
        """Whether two of its labels differ."""
        return len({one.label for one in self.members if one.label is not None}) > 1


@dataclass(frozen=True, slots=True)
class CopyGroups:
    """What was found.

    Attributes:
        collection: its name.
        vector: by which images were compared.
        groups: those whose labels differ first, then the most similar first.
        compared: images that were.
        notes: what a person should know.
    """

    collection: str
    vector: str
    groups: tuple[CopyGroup, ...]
    compared: int
    notes: tuple[str, ...]


def find_copy_groups(
    workspace: Workspace,
    collection: str,
    vector: str | None = None,
    *,
    alike: float = ALIKE,
    progress: OnStage = lambda *_: None,
) -> CopyGroups:
    """Compare all images of a collection with each other.

    Args:
        workspace: the open data.
        collection: its name.
        vector: named vector to compare by; the default one where left out.
        alike: cosine from which two images are near copies, above -1 and at most 1.
        progress: told how far it is; may raise to stop.

    Raises:
        CollectionNotFoundError: there is none of this name.
        QueryError: there is no vector of this name, or the cosine is out of its range.
    """
    chosen = choose_vector(workspace, collection, vector)
    records = {record.id: record for record in workspace.catalog.iter_images(collection)}
    ids = list(records)
    notes = []
    kept = pick_evenly(len(ids), max(1, MOST_BYTES // (4 * chosen.dim)), seed=0)
    if len(kept) < len(ids):
        notes.append(f"of {len(ids):,} images {len(kept):,} were compared, spread evenly")
        ids = [ids[place] for place in kept]
    ids, vectors = _read(workspace, collection, chosen.name, ids, progress)
    if len(ids) < len(kept):
        notes.append(f"{len(kept) - len(ids):,} images have no vector {chosen.name} yet")
    found = group_copies(vectors, alike, lambda done: progress("comparing images", done, len(ids)))
    groups = [_group([records[ids[place]] for place in places], least) for places, least in found]
    groups.sort(key=lambda group: (not group.differs, -group.similarity, group.ids))
    return CopyGroups(collection, chosen.name, tuple(groups), len(ids), tuple(notes))


def _read(
    workspace: Workspace, collection: str, vector: str, ids: Sequence[str], progress: OnStage
) -> tuple[list[str], Embeddings]:
    there: list[str] = []
    rows = np.empty((len(ids), workspace.store.schema(collection).vectors[vector]), np.float32)
    for start in range(0, len(ids), _AT_ONCE):
        points = workspace.store.get(collection, ids[start : start + _AT_ONCE], vectors=[vector])
        for one, point in points.items():
            if vector in point.vectors:
                rows[len(there)] = point.vectors[vector]
                there.append(one)
        progress("reading vectors", min(start + _AT_ONCE, len(ids)), len(ids))
    return there, rows[: len(there)]


def _group(records: Sequence[ImageRecord], least: float) -> CopyGroup:
    ordered = sorted(records, key=lambda one: (one.state != "validated", one.label is None, one.uri))
    members = (Member(one.id, one.label, None if one.state is None else str(one.state), one.uri) for one in ordered)
    return CopyGroup(tuple(members), least)
