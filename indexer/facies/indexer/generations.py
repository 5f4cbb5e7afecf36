"""Generations of a derived vector: each is filled under a name of its own, then takes the place of the one before it.

Names end in the number of the generation, ``efficientnet-lite0-whitened-2``. What the store has under such a name and
the catalogue does not know belongs to nobody: a kill has left it, before its generation was in use or after.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from facies.core.errors import CatalogError
from facies.core.records import CollectionRecord, VectorRecord
from facies.core.store.checks import check_new_vector_name
from facies.indexer.derived import fill_derived
from facies.indexer.named_vectors import add_command, count_lost, ensure_schema
from facies.indexer.projections import write_projection

if TYPE_CHECKING:
    from facies.core.workspace import Workspace
    from facies.models.projection import Projection


ADAPTED: Final = "adapted"
"""The kind of vectors that a metric head makes, which has learnt from the labels."""


@dataclass(frozen=True, slots=True)
class Generation:
    """A derived vector on its way: the store has it, the catalogue does not know it.

    Attributes:
        collection: its name.
        vector: what it will be.
        projection: computes it.
        forerunner: the generation whose place it takes; None where it is the first.
    """

    collection: str
    vector: VectorRecord
    projection: Projection
    forerunner: VectorRecord | None


def find_generation(record: CollectionRecord, source: VectorRecord, kind: str) -> VectorRecord | None:
    """The generation in use of what a kind of projection makes of a vector; None where there is none."""
    found = [one for one in record.vectors if is_generation(one, source, kind)]
    return found[0] if found else None


def is_generation(vector: VectorRecord, source: VectorRecord, kind: str) -> bool:
    """Whether a vector is what a kind of projection makes of another one."""
    return vector.source == source.name and _number(vector.name, source, kind) > 0


def is_head(record: CollectionRecord, vector: VectorRecord) -> bool:
    """Whether a metric head makes the vector."""
    source = record.source_of(vector)
    return source is not None and is_generation(vector, source, ADAPTED)


def has_learnt(record: CollectionRecord, vector: VectorRecord) -> bool:
    """Whether a metric head made the vector, or one that it is computed from: labels that it saw do not measure it."""
    source = record.source_of(vector)
    return source is not None and (is_head(record, vector) or has_learnt(record, source))


def sweep_generations(workspace: Workspace, record: CollectionRecord, source: VectorRecord, kind: str) -> None:
    """Drop what kills have left of generations that are not in use."""
    used = {one.name for one in record.vectors}
    for name in sorted(workspace.store.schema(record.name).vectors.keys() - used):
        if _number(name, source, kind):
            workspace.store.drop_vector(record.name, name)


def open_generation(
    workspace: Workspace, name: str, source: VectorRecord, kind: str, projection: Projection
) -> Generation:
    """Make room in the store for the next generation of a derived vector; nothing of it is in use yet.

    Args:
        workspace: the open data.
        name: of the collection.
        source: the vector that it is computed from.
        kind: names the generations, e.g. ``whitened``.
        projection: computes it.

    Raises:
        ConfigurationError: the name would be too long.
        CatalogError: others are computed from the generation in use.
    """
    record = workspace.catalog.collection(name)
    sweep_generations(workspace, record, source, kind)
    forerunner = find_generation(record, source, kind)
    if forerunner is not None:
        check_replaceable(record, forerunner)
    number = 1 + max((_number(one.name, source, kind) for one in record.vectors), default=0)
    vector = VectorRecord(
        f"{source.name}-{kind}-{number}",
        projection.dim,
        source.fingerprint.projected(projection.method, projection.digest),
        source=source.name,
        projection=projection.digest,
    )
    check_new_vector_name(vector.name)
    ensure_schema(workspace, replace(record, vectors=(*record.vectors, vector)))
    return Generation(name, vector, projection, forerunner)


def check_replaceable(record: CollectionRecord, forerunner: VectorRecord) -> None:
    """Refuse to replace a vector that others are computed from.

    Raises:
        CatalogError: names them.
    """
    needing = record.derived_from(forerunner.name)
    if needing:
        raise CatalogError(
            f"{', '.join(one.name for one in needing)} of collection {record.name!r} is computed from "
            f"{forerunner.name!r}, which would be replaced. Drop it first: `facies collections drop-model "
            f"{record.name} {needing[-1].name}`."
        )


def discard_generation(workspace: Workspace, generation: Generation) -> None:
    """Drop a generation that is not to be used."""
    workspace.store.drop_vector(generation.collection, generation.vector.name)


def use_generation(workspace: Workspace, generation: Generation, *, default: bool = True) -> bool:
    """Put a generation in use that was filled: in the place of its forerunner, or a first one beside the others.

    A kill at any moment leaves the forerunner in use, or this one, with every image that it finds.

    Args:
        workspace: the open data.
        generation: see `open_generation`; every image has it.
        default: whether a first one is searched from now on unless a search names another.

    Returns:
        whether nothing had to be left undone: the first generation is not made the default where searches would then
        miss images that they find now.

    Raises:
        CatalogError: images that the forerunner finds lack the new generation, which is dropped.
    """
    name, vector = generation.collection, generation.vector
    record = workspace.catalog.collection(name)
    rival = generation.forerunner or record.default_vector
    lost = count_lost(workspace, name, having=rival.name, lacking=vector.name)
    if lost and generation.forerunner is not None:
        discard_generation(workspace, generation)
        raise CatalogError(
            f"{lost:,} images of collection {name!r} have vector {rival.name!r} and lack what it is computed from, so "
            f"they would be lost; nothing was changed. Make that first: `{add_command(name, record.origin_of(rival))}`."
        )
    workspace.store.flush()  # the catalogue is on the disk at once, and must not speak of what is not
    kept = write_projection(generation.projection)
    if generation.forerunner is None:
        workspace.catalog.add_vector(name, vector, kept, default=default and not lost)
    else:
        workspace.catalog.replace_vector(name, rival.name, vector, kept)
    # Images that another process has added meanwhile: it did not know this vector.
    fill_derived(workspace.store, name, vector, generation.projection)
    if generation.forerunner is not None:
        workspace.store.drop_vector(name, rival.name)
    workspace.store.flush()
    return not (default and lost)


def _number(name: str, source: VectorRecord, kind: str) -> int:
    """The number of a generation by its name; 0 where it is none."""
    found = re.fullmatch(re.escape(f"{source.name}-{kind}-") + r"([1-9]\d*)", name)
    return int(found[1]) if found else 0
