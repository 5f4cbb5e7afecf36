"""Images of a collection with their vectors, read and written in batches of bounded size."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from facies.core.errors import CollectionExistsError
from facies.core.images import sniff_format
from facies.core.records import CollectionRecord, FieldKind, ImageRecord, ProjectionRecord, VectorRecord
from facies.core.store import Point
from facies.core.store.checks import check_collection_name
from facies.indexer.collections import find_collection, payload_of, schema_of
from facies.indexer.maintenance import delete_collection
from facies.indexer.progress import OnProgress, ProgressUpdate

if TYPE_CHECKING:
    from facies.core.store import Vector
    from facies.core.workspace import Workspace

LABELS_AS_THEY_ARE: Final = (
    "labels come along as they are now, without their history, notes and probabilities; `facies label export` and "
    "`facies label import` carry those of the current labels, a backup carries everything"
)
"""What a person should know of the labels of a copy."""
_BATCH_BYTES: Final = 16 * 2**20
_SMALLEST, _LARGEST = 256, 4096


@dataclass(frozen=True, slots=True)
class Row:
    """An image, its vectors by name (none where they are lost), and its thumbnail where that is wanted and there."""

    record: ImageRecord
    vectors: Mapping[str, Vector]
    thumbnail: bytes | None = None

    @property
    def point(self) -> Point:
        """What the vector store keeps of it."""
        return Point(self.record.id, self.vectors, payload_of(self.record))


@dataclass(slots=True)
class Tally:
    """What went through.

    Attributes:
        images: rows so far.
        vectors: how many of them have each named vector.
        thumbnails: how many came with their thumbnail.
        started: on the clock of `time.monotonic`.
    """

    images: int = 0
    vectors: dict[str, int] = field(default_factory=dict)
    thumbnails: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return round(time.monotonic() - self.started, 3)

    def count(self, rows: Sequence[Row], total: int | None, progress: OnProgress | None) -> None:
        """Add a batch, and tell how far it has come."""
        self.images += len(rows)
        for row in rows:
            self.thumbnails += row.thumbnail is not None
            for name in row.vectors:
                self.vectors[name] = self.vectors.get(name, 0) + 1
        if progress is not None:
            elapsed = time.monotonic() - self.started
            progress(ProgressUpdate(done=self.images, total=total, images=self.images, elapsed_s=elapsed))

    def lacking(self, vectors: Iterable[VectorRecord]) -> list[str]:
        """Say of each vector that some images have not got it."""
        said = []
        for vector in vectors:
            missing = self.images - self.vectors.get(vector.name, 0)
            if missing:
                said.append(f"{missing:,} images have no vector {vector.name}")
        return said


def rows_at_once(vectors: Iterable[VectorRecord]) -> int:
    """How many rows with these vectors are held at a time: about 16 MiB of numbers, 256 to 4096 rows.

    >>> rows_at_once([])
    4096
    """
    width = 4 * sum(vector.dim for vector in vectors)
    return max(_SMALLEST, min(_LARGEST, _BATCH_BYTES // max(width, 1)))


def read_rows(workspace: Workspace, collection: CollectionRecord, *, thumbnails: bool = False) -> Iterator[list[Row]]:
    """Read every acknowledged image of a collection in order of id; points without a row are not part of it."""
    records = workspace.catalog.iter_images(collection.name)
    names = [vector.name for vector in collection.vectors]
    while batch := list(islice(records, rows_at_once(collection.vectors))):
        points = workspace.store.get(collection.name, [record.id for record in batch])
        yield [
            Row(
                record,
                {name: points[record.id].vectors[name] for name in names if name in points[record.id].vectors}
                if record.id in points
                else {},
                _thumbnail(workspace, record.id) if thumbnails else None,
            )
            for record in batch
        ]


@contextmanager
def target_collection(
    workspace: Workspace,
    name: str,
    preset: str,
    vectors: Sequence[VectorRecord],
    fields: Mapping[str, FieldKind],
    *,
    projections: Sequence[ProjectionRecord],
) -> Iterator[CollectionRecord]:
    """Make a collection, or go on with one that `check_part` has passed.

    One that was made goes away again, with all that came into it, where the context ends with an error.

    Args:
        workspace: the open data.
        name: of the collection.
        preset: recorded with it.
        vectors: that it has.
        fields: its metadata fields.
        projections: those that compute some of its vectors from others.

    Raises:
        ConfigurationError: the name is not one that the store takes.
        CatalogError: a vector is computed from what is not there.
    """
    check_collection_name(name)
    taken = find_collection(workspace, name)
    record = taken or workspace.catalog.create_collection(name, preset, vectors, projections)
    try:
        workspace.store.ensure(name, schema_of(record, fields))
        yield record
        workspace.store.flush()
    except BaseException:
        if taken is None:
            delete_collection(workspace, name)
        raise


def check_part(
    workspace: Workspace, name: str, vectors: Sequence[VectorRecord], batches: Iterable[Sequence[ImageRecord]]
) -> int:
    """See that a collection of this name is none, or what an earlier run left of the same work when it was killed.

    Args:
        workspace: the open data.
        name: of the collection to be written.
        vectors: what it is to have.
        batches: all images that it is to have; taken to the end in any case.

    Returns:
        how many of the images are there.

    Raises:
        CollectionExistsError: it has other vectors, or an image that differs or is not among them.
    """
    taken = find_collection(workspace, name)
    if taken is not None and taken.vectors != tuple(vectors):
        raise CollectionExistsError(name, f"it holds other vectors, of {taken.default_vector.name} first")
    held = 0
    for records in batches:
        there = {} if taken is None else workspace.catalog.images(name, [record.id for record in records])
        held += len(there)
        if any(there.get(record.id, record) != record for record in records):
            raise CollectionExistsError(name, "it holds some of these images with other labels, metadata or paths")
    if taken is not None and held < (count := workspace.catalog.count(name)):
        raise CollectionExistsError(name, f"of its {count:,} images {count - held:,} are not among these")
    return held


def write_rows(workspace: Workspace, collection: CollectionRecord, rows: Sequence[Row], *, actor: str) -> None:
    """Add images with their vectors, thumbnails and labels (as label events of source ``import``) to a collection.

    Those that it holds are passed over: an earlier run wrote them, their points first.
    """
    there = workspace.catalog.images(collection.name, [row.record.id for row in rows])
    rows = [row for row in rows if row.record.id not in there]
    for row in rows:
        # Thumbnails of earlier releases are of another format; they are made again from the originals when wanted.
        if row.thumbnail is not None and sniff_format(row.thumbnail[:32]) == "JPEG":
            workspace.blobs.put_thumbnail(row.record.id, row.thumbnail)
    workspace.store.upsert(collection.name, [row.point for row in rows if row.vectors])
    workspace.catalog.add_images(collection.name, [row.record for row in rows], actor=actor)


def _thumbnail(workspace: Workspace, image_id: str) -> bytes | None:
    path = workspace.blobs.thumbnail(image_id)
    return None if path is None else path.read_bytes()
