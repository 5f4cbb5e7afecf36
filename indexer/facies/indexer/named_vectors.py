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


def add_command(collection: str, vector: VectorRecord) -> str:
    """The command that makes a named vector for the images that lack it."""
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
            said.append(
                f"{lacking:,} images have no vector {vector.name} yet: `{add_command(name, vector)}` makes them"
            )
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
        DimensionMismatchError, FingerprintMismatchError: the vector of this name was made in another way.
    """
    record = workspace.catalog.collection(name)
    asked = VectorRecord(vector or vector_name_of(embedder.name), embedder.dim, embedder.fingerprint)
    check_new_vector_name(asked.name)
    there = find_vector(record, asked.name)
    if there is not None:
        _check_same(name, there, asked)
        ensure_schema(workspace, record)
        return there
    # What the store has under this name belongs to nobody: a kill, while it was added or dropped, has left it.
    workspace.store.drop_vector(name, asked.name)
    # The store comes first: after a kill in between it has an empty vector more, of which nobody knows.
    ensure_schema(workspace, replace(record, vectors=(*record.vectors, asked)))
    workspace.catalog.add_vector(name, asked)
    return asked


def check_card(collection: str, vector: VectorRecord, card: str) -> None:
    """Refuse another model card than the one that a named vector comes from.

    Raises:
        FingerprintMismatchError: names both.
    """
    made = vector.fingerprint
    if made.card != card:
        raise _mismatch(collection, vector, replace(vector, fingerprint=replace(made, card=card)))


def drop_vector(workspace: Workspace, name: str, vector: str) -> DroppedVectorReport:
    """Take a named vector from a collection; images, labels and the other vectors stay.

    After a kill in the middle the same call ends it, and so does adding a vector of this name.

    Raises:
        CollectionNotFoundError: there is no such collection.
        QueryError: it has no vector of this name.
        CatalogError: it is the default, or some images have no other vector to be found by.
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


def ensure_schema(workspace: Workspace, record: CollectionRecord) -> None:
    """Have the store hold what the catalogue says of a collection."""
    workspace.store.ensure(record.name, schema_of(record, workspace.catalog.metadata_fields(record.name)))


def _stored_names(workspace: Workspace, name: str) -> set[str]:
    try:
        return set(workspace.store.schema(name).vectors)
    except CollectionNotFoundError:  # a kill came between catalogue and store when it was made
        return set()


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
    if vector == default:
        raise CatalogError(
            f"{vector.name!r} is the default vector of collection {name!r}, by which it is searched. Make another the "
            f"default first: `{add_command(name, record.vectors[1])} --default`."
        )
    kept = workspace.store.scroll(name, lacking=default.name, vectors=True)
    lost = sum(vector.name in point.vectors for point in kept)
    if lost:
        raise CatalogError(
            f"{lost:,} images have vector {vector.name!r} and lack {default.name!r}, the default, so no search would "
            f"find them. Make theirs first: `{add_command(name, default)}`."
        )
