"""A collection into a Parquet file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from facies.core.errors import StoreError
from facies.core.new_files import check_target, new_file
from facies.indexer.exchange.columns import ROWS, layout_of, to_batch
from facies.indexer.exchange.projections import load_projections, write_entries
from facies.indexer.exchange.rows import LABELS_AS_THEY_ARE, Tally, read_rows
from facies.indexer.exchange.taxonomy import write_taxonomy_entry

if TYPE_CHECKING:
    from facies.core.workspace import Workspace
    from facies.indexer.progress import OnProgress

_DICTIONARIES = ("label", "state", "format", "scaling")
"""Columns of few different values."""


@dataclass(slots=True)
class ExportReport:
    """What an exported file holds."""

    collection: str
    file: str
    file_bytes: int
    images: int
    vectors: dict[str, int]
    thumbnails: int
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


def export_collection(
    workspace: Workspace, name: str, target: Path, *, thumbnails: bool = False, progress: OnProgress | None = None
) -> ExportReport:
    """Write every image of a collection with its vectors to a Parquet file, a few thousand at a time.

    The taxonomy that it uses goes with it.

    Args:
        workspace: the open data.
        name: of the collection.
        target: a new file ``*.parquet``.
        thumbnails: whether these are in it too.
        progress: told after each batch.

    Raises:
        CollectionNotFoundError: there is none of this name.
        ConfigurationError: the target does not fit.
        CatalogError: a projection that computes one of its vectors is damaged.
        StorageError: the disk is full; nothing is left behind.
    """
    check_target(target, (".parquet",))
    collection = workspace.catalog.collection(name)
    fields = workspace.catalog.metadata_fields(name)
    total = workspace.catalog.count(name)
    layout = layout_of(collection, fields, thumbnails=thumbnails)
    projections = load_projections(workspace.catalog, collection.vectors)
    taxonomy = workspace.catalog.taxonomy_of(name)
    keywords = [field for field, kind in fields.items() if kind == "keyword"]
    tally = Tally()
    with (
        new_file(target) as part,
        pq.ParquetWriter(
            part,
            layout.schema,
            compression="zstd",
            use_dictionary=[*_DICTIONARIES, *keywords],
            write_statistics=False,
            write_page_checksum=True,  # an import finds any changed byte
        ) as writer,
    ):
        for rows in read_rows(workspace, collection, thumbnails=thumbnails):
            try:
                batch = to_batch(layout, rows)
            except (pa.ArrowException, OverflowError, ValueError) as error:
                raise StoreError(f"collection {name!r} has a value that no Parquet column holds: {error}") from error
            writer.write_batch(batch)
            tally.count(rows, total, progress)
        writer.add_key_value_metadata(
            {ROWS: str(tally.images)} | write_entries(projections) | write_taxonomy_entry(taxonomy)
        )
    return ExportReport(
        collection=name,
        file=str(target.absolute()),
        file_bytes=target.stat().st_size,
        images=tally.images,
        vectors={vector.name: tally.vectors.get(vector.name, 0) for vector in collection.vectors},
        thumbnails=tally.thumbnails,
        notes=[*tally.lacking(collection.vectors), LABELS_AS_THEY_ARE],
        seconds=tally.seconds,
    )
