"""Labels as Parquet: one row an image, every column typed, whatever a text holds kept as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from facies.core.errors import SourceError
from facies.core.records import FieldKind, MetadataValue
from facies.indexer.exchange.labels.columns import COLUMNS, from_values
from facies.indexer.exchange.labels.label_row import About, LabelRow, ReadRow, Unread, Written
from facies.indexer.exchange.labels.named_columns import fit_columns, metadata_columns

BATCH: Final = 4096
_DICTIONARIES: Final = ("label", "state", "source", "actor", "model", "recipe")
"""Columns of few different values."""
_KINDS: Final[dict[FieldKind, Any]] = {"keyword": pa.string(), "integer": pa.int64(), "float": pa.float64()}
_TYPES: Final[dict[str, Any]] = {
    **dict.fromkeys(COLUMNS, pa.string()),
    **dict.fromkeys(("page", "width", "height", "k"), pa.int64()),
    "batch": pa.int64(),
    **dict.fromkeys(("confidence", "novelty", "threshold"), pa.float64()),
    "neighbours": pa.list_(pa.string()),
    "verified": pa.bool_(),
    "created_at": pa.timestamp("us", tz="UTC"),
}


def write_parquet(rows: Iterable[LabelRow], path: Path, about: About) -> Written:
    """Write rows to a file, see `facies.indexer.exchange.labels.formats`."""
    written = Written()
    fields = metadata_columns(about.fields)
    schema = pa.schema(
        [(name, _TYPES[name]) for name in COLUMNS]
        + [(column, _KINDS[about.fields[name]]) for name, column in fields.items()],
        metadata={"facies.labels": about.collection},
    )
    remaining = iter(rows)
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=list(_DICTIONARIES)) as writer:
        while batch := list(islice(remaining, BATCH)):
            columns = [pa.array([_given(getattr(row, name)) for row in batch], _TYPES[name]) for name in COLUMNS]
            columns += [_metadata_column(batch, name, about.fields[name]) for name in fields]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
            written.rows += len(batch)
    return written


def read_parquet(path: Path) -> Iterator[ReadRow | Unread]:
    """Read a table of labels, one of ours or any with a column ``label`` and one that names images.

    Raises:
        SourceError: it is no such table.
    """
    where = path.name
    try:
        with pq.ParquetFile(path) as file:
            columns = fit_columns(file.schema_arrow.names, where)
            line = 0
            for batch in file.iter_batches(BATCH, columns=list(columns.values())):
                read = {name: batch.column(column).to_pylist() for name, column in columns.items()}
                for at in range(batch.num_rows):
                    line += 1
                    yield _read_row(line, {name: values[at] for name, values in read.items()})
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{where} is no Parquet file that can be read whole: {_first_line(error)}") from error


def _read_row(line: int, values: dict[str, Any]) -> ReadRow | Unread:
    try:
        return ReadRow(line, from_values(values))
    except ValueError as error:
        return Unread(line, str(error))


def _given(value: Any) -> Any:
    return list(value) or None if isinstance(value, tuple) else value


def _metadata_column(rows: list[LabelRow], name: str, kind: FieldKind) -> Any:
    bring: Any = {"keyword": str, "integer": int, "float": float}[kind]
    values: list[MetadataValue | None] = [row.metadata.get(name) for row in rows]
    return pa.array([None if value is None else bring(value) for value in values], _KINDS[kind])


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
