"""A collection out of a Parquet file, without any model.

The file is read twice: once to check every row of it, once to store them. So what is wrong with it is said before
anything is written.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from facies.core.errors import ConfigurationError, FaciesError, SourceError
from facies.core.filters import is_field_name
from facies.core.records import RESERVED_FIELDS, ImageRecord
from facies.core.store import CollectionSchema
from facies.core.store.checks import check_collection_name, check_points, check_schema
from facies.indexer.exchange.columns import ROWS, Layout, from_batch, read_layout
from facies.indexer.exchange.projections import read_entries
from facies.indexer.exchange.rows import Row, Tally, check_part, rows_at_once, target_collection, write_rows
from facies.indexer.exchange.taxonomy import adopt_taxonomy, read_taxonomy_entry

if TYPE_CHECKING:
    from facies.core.workspace import Workspace
    from facies.indexer.progress import OnProgress

ACTOR = "facies collections import"


@dataclass(slots=True)
class ImportReport:
    """What an import brought."""

    collection: str
    images: int
    labelled: int
    vectors: dict[str, int]
    thumbnails: int
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


def import_collection(
    workspace: Workspace, file: Path, *, name: str | None = None, progress: OnProgress | None = None
) -> ImportReport:
    """Make a collection of a file that `facies.indexer.exchange.exporting` wrote; after a kill, go on with it.

    Args:
        workspace: the open data.
        file: the Parquet file.
        name: of the new collection; the one that it had where left out.
        progress: told after each batch that is stored.

    Raises:
        SourceError: the file is not an exported collection, or a row of it is wrong; nothing was written.
        CollectionExistsError: the name is taken by something else; nothing was written.
        StorageError: the disk is full; what was written is taken back.
    """
    tally = Tally()
    with _open(file) as opened:
        where = str(file)
        layout = read_layout(opened.schema_arrow, where)
        new_name = name or layout.collection
        _check_layout(layout, where)
        projections = read_entries(opened.metadata.metadata or {}, layout.vectors, where)
        taxonomy = read_taxonomy_entry(opened.metadata.metadata or {}, where)
        check_collection_name(new_name)
        held = check_part(workspace, new_name, layout.vectors, _checked_rows(opened, layout, where))
        total = opened.metadata.num_rows
        foreign = sorted(set(opened.schema_arrow.names) - set(layout.schema.names))
        with target_collection(
            workspace, new_name, layout.preset, layout.vectors, layout.fields, projections=projections
        ) as made:
            for rows in _batches(opened, layout, where):
                write_rows(workspace, made, rows, actor=ACTOR)
                tally.count(rows, total, progress)
    notes = tally.lacking(layout.vectors) + adopt_taxonomy(workspace.catalog, new_name, taxonomy)
    if held:
        notes.append(f"{held:,} of the images were there already, from an earlier run of the same import")
    if foreign:
        notes.append(f"left out, since no export writes them: column {', '.join(foreign)}")
    if tally.thumbnails < tally.images:
        notes.append(
            f"{tally.images - tally.thumbnails:,} images came without a thumbnail; each is made from its original when "
            "it is first shown, or by the next index run over the originals"
        )
    return ImportReport(
        collection=new_name,
        images=tally.images,
        labelled=sum(workspace.catalog.label_counts(new_name).values()),
        vectors={vector.name: tally.vectors.get(vector.name, 0) for vector in layout.vectors},
        thumbnails=tally.thumbnails,
        notes=notes,
        seconds=tally.seconds,
    )


@contextmanager
def _open(file: Path) -> Iterator[Any]:
    try:
        with pq.ParquetFile(file, page_checksum_verification=True) as opened:
            yield opened
    except pa.ArrowInvalid as error:
        raise SourceError(f"{file} is no Parquet file that can be read: {error}") from error
    except (pa.ArrowException, EOFError) as error:
        raise SourceError(f"{file} is damaged: {error}") from error
    except OSError as error:  # Arrow's own word for damage too, without a number then
        what = "cannot be read" if error.errno else "is no Parquet file that can be read"
        raise SourceError(f"{file} {what}: {error.strerror or error}") from error


def _check_layout(layout: Layout, where: str) -> None:
    """Refuse names, dimensions and kinds that no collection can have."""
    try:
        check_schema(_schema_of(layout))
    except ConfigurationError as error:
        raise SourceError(f"{where}: {error.message}") from error
    reserved = sorted(name for name in layout.fields if name in RESERVED_FIELDS or not is_field_name(name))
    if reserved:
        raise SourceError(f"{where}: {', '.join(reserved)} cannot be the name of a metadata field")


def _checked_rows(opened: Any, layout: Layout, where: str) -> Iterator[list[ImageRecord]]:
    """Read every row; refuse the file for the first that cannot be stored as it is, or that comes twice."""
    schema = _schema_of(layout)
    ids: list[np.ndarray[tuple[int], np.dtype[np.void]]] = []
    for rows in _batches(opened, layout, where):
        try:
            for name, dim in schema.vectors.items():
                check_points(CollectionSchema({name: dim}), [_only(row, name) for row in rows if name in row.vectors])
        except FaciesError as error:
            raise SourceError(f"{where}: {error.message}") from error
        ids.append(np.frombuffer(b"".join(uuid.UUID(row.record.id).bytes for row in rows), dtype="V16"))
        yield [row.record for row in rows]
    everything = np.sort(np.concatenate(ids).view("S16")) if ids else np.empty(0, "S16")
    _check_number(opened, len(everything), where)
    twice = np.flatnonzero(everything[1:] == everything[:-1])
    if twice.size:
        first = uuid.UUID(bytes=bytes(everything[int(twice[0])]).ljust(16, b"\0"))
        raise SourceError(f"{where} has {twice.size} images twice, e.g. {first}")


def _check_number(opened: Any, rows: int, where: str) -> None:
    written = (opened.metadata.metadata or {}).get(ROWS)  # a tool that rewrites the file leaves it out
    if written is not None and written != str(rows).encode():
        raise SourceError(f"{where} has {rows:,} rows, and more were written: it was changed since, or is damaged")


def _only(row: Row, name: str) -> Any:
    return Row(row.record, {name: row.vectors[name]}).point


def _schema_of(layout: Layout) -> CollectionSchema:
    return CollectionSchema({v.name: v.dim for v in layout.vectors}, layout.fields)


def _batches(opened: Any, layout: Layout, where: str) -> Iterator[list[Row]]:
    for batch in opened.iter_batches(batch_size=rows_at_once(layout.vectors)):
        yield from_batch(layout, batch, where)
