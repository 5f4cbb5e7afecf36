"""The named vectors of a collection: what each is called and made by, which images lack one, how one comes and goes.

A vector is called after its model card unless another name is given, so that the same card can be there twice: with
other weights, or run in another way.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from facies.core.errors import (
    CatalogError,
    CollectionNotFoundError,
    DimensionMismatchError,
    FingerprintMismatchError,
    QueryError,
)
from facies.core.records import CollectionRecord, VectorRecord
from facies.core.store.checks import check_new_vector_name
from facies.indexer.collections import schema_of, vector_name_of

if TYPE_CHECKING:
    from facies.core.workspace import Workspace
    from facies.models.embedder import Embedder

_REMEDY = (
    "Give the new vectors a name of their own: `facies collections add-model {collection} --model {card} --as NAME`."
)


@dataclass(slots=True)
class DroppedVectorReport:
    """What is left after a named vector was dropped.

    Attributes:
        collection: its name.
        vector: the name that is free now.
        remaining: the named vectors that are left, the default first.
        notes: what a person should know.
    """

    collection: str
    vector: str
    remaining: list[str]
    notes: list[str] = field(default_factory=list)


def find_vector(record: CollectionRecord, name: str) -> VectorRecord | None:
    """Read a named vector of a collection; None where it has none of this name."""
    return next((vector for vector in record.vectors if vector.name == name), None)


def get_vector(record: CollectionRecord, name: str | None) -> VectorRecord:
    """Read a named vector of a collection; for None the one that is searched by default.

    Raises:
        QueryError: it has none of this name; the message names those that there are.
    """
    found = record.default_vector if name is None else find_vector(record, name)
    if found is None:
        there = ", ".join(one.name for one in record.vectors)
        raise QueryError(f"collection {record.name!r} has no vector {name!r}. There are: {there}.")
    return found


def add_command(collection: str, vector: VectorRecord) -> str:
    """The command that makes a named vector for the images that lack it.

    Args:
        collection: its name.
        vector: one that an embedder makes; where one is computed, the collection's `origin_of` tells which that is.
    """
    card = vector.fingerprint.card
    name = "" if vector.name == vector_name_of(card) else f" --as {vector.name}"
    return f"facies collections add-model {collection} --model {card}{name}"


def describe_gaps(workspace: Workspace, name: str) -> list[str]:
    """Say of each vector of a collection with several how many images lack it, and the command that fills it.

    The default vector is among them: a run that began before it became the default gave its images another one.
    """
    record = workspace.catalog.collection(name)
    if len(record.vectors) == 1:
        return []
    said = []
    for vector in record.vectors:
        lacking = workspace.store.count(name, lacking=vector.name)
        if lacking:
            command = add_command(name, record.origin_of(vector))
            said.append(f"{lacking:,} images have no vector {vector.name} yet: `{command}` makes them")
    return said


def open_vector(workspace: Workspace, name: str, embedder: Embedder, vector: str | None = None) -> VectorRecord:
    """Add a named vector of the embedder to a collection, or prove that the one that is there was made by it.

    Args:
        workspace: the open data.
        name: of the collection.
        embedder: makes the vectors.
        vector: what they are called; like the embedder's card where left out.

    Raises:
        CollectionNotFoundError: there is no such collection.
        ConfigurationError: no vector can have this name.
        QueryError: the vector of this name is computed from another one.
        DimensionMismatchError, FingerprintMismatchError: the vector of this name was made in another way.
    """
    record = workspace.catalog.collection(name)
    asked = VectorRecord(vector or vector_name_of(embedder.name), embedder.dim, embedder.fingerprint)
    check_new_vector_name(asked.name)
    there = find_vector(record, asked.name)
    if there is not None:
        _check_embedded(record, there)
        _check_same(name, there, asked)
        ensure_schema(workspace, record)
        return there
    # What the store has under this name belongs to nobody: a kill, while it was added or dropped, has left it.
    workspace.store.drop_vector(name, asked.name)
    # The store comes first: after a kill in between it has an empty vector more, of which nobody knows.
    ensure_schema(workspace, replace(record, vectors=(*record.vectors, asked)))
    workspace.catalog.add_vector(name, asked)
    return asked


def check_card(record: CollectionRecord, vector: VectorRecord, card: str) -> None:
    """Refuse another model card than the one that a named vector comes from.

    Raises:
        FingerprintMismatchError: names both.
        QueryError: no model makes the vector, since it is computed from another one.
    """
    _check_embedded(record, vector)
    made = vector.fingerprint
    if made.card != card:
        raise _mismatch(record.name, vector, replace(vector, fingerprint=replace(made, card=card)))


def drop_vector(workspace: Workspace, name: str, vector: str) -> DroppedVectorReport:
    """Take a named vector from a collection; images, labels and the other vectors stay.

    After a kill in the middle the same call ends it, and so does adding a vector of this name.

    Raises:
        CollectionNotFoundError: there is no such collection.
        QueryError: it has no vector of this name.
        CatalogError: it is the default, others are computed from it, or some images have nothing else to be found by.
    """
    record = workspace.catalog.collection(name)
    there = find_vector(record, vector)
    if there is None and vector not in _stored_names(workspace, name):
        raise QueryError(
            f"collection {name!r} has no vector {vector!r}. There are: {', '.join(v.name for v in record.vectors)}."
        )
    if there is not None:
        _check_droppable(workspace, record, there)
        # The catalogue comes first: after a kill in between nobody uses what the store still has.
        record = workspace.catalog.remove_vector(name, vector)
    workspace.store.drop_vector(name, vector)
    workspace.store.flush()
    return DroppedVectorReport(name, vector, [v.name for v in record.vectors], describe_gaps(workspace, name))


def choose_default(workspace: Workspace, name: str, vector: str) -> CollectionRecord:
    """Let searches use a named vector that is there from now on; new images get it, and what it is computed from.

    Raises:
        CollectionNotFoundError: there is no such collection.
        QueryError: it has no vector of this name.
        CatalogError: some images lack it that have the present default, so no search would find them.
    """
    record = workspace.catalog.collection(name)
    there = find_vector(record, vector)
    if there is not None:
        ensure_schema(workspace, record)
        lost = count_lost(workspace, name, having=record.default_vector.name, lacking=vector)
        if lost:
            raise CatalogError(
                f"{lost:,} images have vector {record.default_vector.name!r}, the default, and lack {vector!r}, so no "
                f"search would find them. Make theirs first: `{add_command(name, record.origin_of(there))}`."
            )
    return workspace.catalog.set_default_vector(name, vector)


def count_lost(workspace: Workspace, name: str, *, having: str, lacking: str) -> int:
    """Count the images that one named vector finds and another one does not."""
    return sum(having in point.vectors for point in workspace.store.scroll(name, lacking=lacking, vectors=True))


def ensure_schema(workspace: Workspace, record: CollectionRecord) -> None:
    """Have the store hold what the catalogue says of a collection."""
    workspace.store.ensure(record.name, schema_of(record, workspace.catalog.metadata_fields(record.name)))


def _stored_names(workspace: Workspace, name: str) -> set[str]:
    try:
        return set(workspace.store.schema(name).vectors)
    except CollectionNotFoundError:  # a kill came between catalogue and store when it was made
        return set()


def _check_embedded(record: CollectionRecord, vector: VectorRecord) -> None:
    if vector.is_derived:
        command = add_command(record.name, record.origin_of(vector))
        raise QueryError(
            f"vector {vector.name!r} of collection {record.name!r} is computed from {vector.source!r}, no model makes "
            f"it. `{command}` embeds the images that lack that one, and computes this one for them."
        )


def _check_same(collection: str, there: VectorRecord, asked: VectorRecord) -> None:
    if there.fingerprint.differences(asked.fingerprint):
        raise _mismatch(collection, there, asked)
    if there.dim != asked.dim:
        remedy = _REMEDY.format(collection=collection, card=asked.fingerprint.card)
        raise DimensionMismatchError(
            f"an embedding for vector {there.name!r}", expected=there.dim, got=asked.dim, remedy=remedy
        )


def _mismatch(collection: str, there: VectorRecord, asked: VectorRecord) -> FingerprintMismatchError:
    return FingerprintMismatchError(
        collection,
        there.fingerprint.differences(asked.fingerprint),
        vector=there.name,
        remedy=_REMEDY.format(collection=collection, card=asked.fingerprint.card),
    )


def _check_droppable(workspace: Workspace, record: CollectionRecord, vector: VectorRecord) -> None:
    name, default = record.name, record.default_vector
    if len(record.vectors) == 1:
        raise CatalogError(
            f"{vector.name!r} is the only vector of collection {name!r}. Add another first: `facies collections "
            f"add-model {name} --model CARD --as NAME --default`. Or delete the collection: `facies collections "
            f"delete {name}`."
        )
    needing = record.derived_from(vector.name)
    if needing:
        raise CatalogError(
            f"{', '.join(one.name for one in needing)} of collection {name!r} cannot do without {vector.name!r}, from "
            f"which new images get theirs. Drop first: `facies collections drop-model {name} {needing[-1].name}`."
        )
    if vector == default:
        raise CatalogError(
            f"{vector.name!r} is the default vector of collection {name!r}, by which it is searched. Make another the "
            f"default first: `facies collections set-default {name} {vector.source or record.vectors[1].name}`."
        )
    lost = count_lost(workspace, name, having=vector.name, lacking=default.name)
    if lost:
        raise CatalogError(
            f"{lost:,} images have vector {vector.name!r} and lack {default.name!r}, the default, so no search would "
            f"find them. Make theirs first: `{add_command(name, record.origin_of(default))}`."
        )
