"""A collection under another name, or its vectors in another store: the way from the embedded store to a server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from facies.core.errors import CollectionExistsError, CollectionNotFoundError, StoreError
from facies.core.records import CollectionRecord, ImageRecord
from facies.core.store import CollectionSchema, Point
from facies.indexer.collections import schema_of
from facies.indexer.exchange.projections import load_projections
from facies.indexer.exchange.rows import (
    LABELS_AS_THEY_ARE,
    Tally,
    check_part,
    read_rows,
    rows_at_once,
    target_collection,
    write_rows,
)

if TYPE_CHECKING:
    from facies.core.store import VectorStore
    from facies.core.workspace import Workspace
    from facies.indexer.progress import OnProgress

ACTOR = "facies collections copy"


@dataclass(slots=True)
class CopyReport:
    """What was copied.

    Attributes:
        source: the collection.
        target: its copy, in the same store or in another one.
        images: how many images it has.
        vectors: how many of them have each named vector.
        written: how many points were written; the others were there already, the same to the last bit.
        notes: what a person should know.
        seconds: how long it took.
    """

    source: str
    target: str
    images: int
    vectors: dict[str, int]
    written: int
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


def copy_collection(
    workspace: Workspace, source: str, target: str, *, progress: OnProgress | None = None
) -> CopyReport:
    """Copy a collection within the data folder: its vectors, metadata and present labels, under another name.

    The history of the labels stays with the source; the copy begins with one event an image. Run again after a kill
    it goes on.

    Raises:
        CollectionNotFoundError: there is no such source.
        CollectionExistsError: the target's name is taken by something else; nothing was written.
        StorageError: the disk is full; what was written is taken back.
    """
    collection = workspace.catalog.collection(source)
    fields = workspace.catalog.metadata_fields(source)
    total = workspace.catalog.count(source)
    tally = Tally()
    size = rows_at_once(collection.vectors)
    held = check_part(workspace, target, collection.vectors, _batched(workspace.catalog.iter_images(source), size))
    projections = load_projections(workspace.catalog, collection.vectors)
    with target_collection(
        workspace, target, collection.preset, collection.vectors, fields, projections=projections
    ) as made:
        for rows in read_rows(workspace, collection):
            write_rows(workspace, made, rows, actor=ACTOR)
            tally.count(rows, total, progress)
    if collection.taxonomy is not None:
        workspace.catalog.use_taxonomy(target, collection.taxonomy)
    return _report(collection, target, tally, tally.images - held)


def _batched(records: Iterable[ImageRecord], size: int) -> Iterator[list[ImageRecord]]:
    remaining = iter(records)
    while batch := list(islice(remaining, size)):
        yield batch


def copy_to_store(
    workspace: Workspace,
    source: str,
    target: VectorStore,
    *,
    where: str,
    replace: bool = False,
    progress: OnProgress | None = None,
) -> CopyReport:
    """Copy the points of a collection to another store; the catalogue of the data folder stays the one of both.

    Run again after an interruption it goes on: what is there already, the same, is not written again.

    Args:
        workspace: the open data.
        source: the collection.
        target: the other store, open.
        where: what to call it in messages.
        replace: delete what the other store has under this name first.
        progress: told after each batch.

    Raises:
        CollectionNotFoundError: there is no such source.
        CollectionExistsError: the other store has a collection of this name that is not this one.
        StoreError: the copy does not hold what the source holds; the message says what to do.
    """
    collection = workspace.catalog.collection(source)
    schema = schema_of(collection, workspace.catalog.metadata_fields(source))
    total = workspace.catalog.count(source)
    if replace:
        target.drop(source)
    held = _held(target, source, schema, where)
    target.ensure(source, schema)
    tally, written, held_here = Tally(), 0, 0
    for rows in read_rows(workspace, collection):
        points = [row.point for row in rows if row.vectors]
        new = _unlike(target, source, points) if held else points
        target.upsert(source, new)
        written += len(new)
        held_here += len(points)
        tally.count(rows, total, progress)
    target.flush()
    _check_count(target, source, held_here, where)
    return _report(collection, source, tally, written)


def _held(target: VectorStore, name: str, schema: CollectionSchema, where: str) -> int:
    """Count what the other store has under this name; refuse a collection of other vectors."""
    try:
        there = target.schema(name)
    except CollectionNotFoundError:
        return 0
    if dict(there.vectors) != dict(schema.vectors):
        raise CollectionExistsError(
            name,
            f"at {where} it has the vectors {dict(there.vectors)}, here {dict(schema.vectors)}; --replace deletes it "
            "there",
        )
    return target.count(name)


def _unlike(target: VectorStore, name: str, points: Sequence[Point]) -> list[Point]:
    """Of these points those that the other store lacks, or has otherwise."""
    there = target.get(name, [point.id for point in points])
    return [point for point in points if point.id not in there or not _equal(point, there[point.id])]


def _equal(one: Point, other: Point) -> bool:
    return (
        dict(one.payload) == dict(other.payload)
        and one.vectors.keys() == other.vectors.keys()
        and all(np.array_equal(row, other.vectors[name]) for name, row in one.vectors.items())
    )


def _check_count(target: VectorStore, name: str, expected: int, where: str) -> None:
    got = target.count(name)
    if got != expected:
        raise StoreError(
            f"collection {name!r} at {where} has {got:,} points after the copy, expected {expected:,}: it held points "
            "that are not here, or somebody else writes to it. --replace deletes it there and copies anew"
        )


def _report(collection: CollectionRecord, target: str, tally: Tally, written: int) -> CopyReport:
    return CopyReport(
        source=collection.name,
        target=target,
        images=tally.images,
        vectors={vector.name: tally.vectors.get(vector.name, 0) for vector in collection.vectors},
        written=written,
        notes=[*tally.lacking(collection.vectors), LABELS_AS_THEY_ARE],
        seconds=tally.seconds,
    )
