"""The columns of a Parquet file that holds a collection, and what the file says of itself.

Under the key ``facies`` the file's key-value metadata hold a JSON object: format, the collection's name and preset, its
vectors with their fingerprints, the kinds of its metadata fields, and which column each of these is in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any, Final, get_args

import numpy as np
import pyarrow as pa

from facies.core.errors import SourceError
from facies.core.images import content_hash, image_id
from facies.core.label_text import find_label_fault
from facies.core.records import CollectionRecord, FieldKind, Fingerprint, ImageRecord, LabelState, VectorRecord
from facies.indexer.exchange.rows import Row

FORMATS: Final = (1, 2)
"""The second has vectors that are computed from others, which earlier releases would take for a model's."""
KEY: Final = b"facies"
SUM: Final = b"facies.sha256"
"""Holds the hash of what `KEY` holds: the pages of a Parquet file have checksums, its footer has none."""
ROWS: Final = b"facies.rows"
"""Holds the number of rows, for the same reason."""

_OWN: Final = {
    "id": pa.string(),
    "sha256": pa.string(),
    "page": pa.int32(),
    "uri": pa.string(),
    "label": pa.string(),
    "state": pa.string(),
    "width": pa.int32(),
    "height": pa.int32(),
    "format": pa.string(),
    "scaling": pa.string(),
}
_MAY_BE_NULL: Final = frozenset({"page", "label", "state"})
_KINDS: Final[Mapping[FieldKind, Any]] = {"keyword": pa.string(), "integer": pa.int64(), "float": pa.float64()}
_STATES: Final = frozenset(get_args(LabelState))


@dataclass(frozen=True, slots=True)
class Layout:
    """Which collection a file holds, and which column has what.

    Attributes:
        collection: its name when it was exported.
        preset: its preset.
        vectors: its named vectors, the default one first.
        fields: kinds of its metadata fields.
        vector_columns: column of each named vector.
        thumbnail_column: column of the thumbnails; None where the file has none.
    """

    collection: str
    preset: str
    vectors: tuple[VectorRecord, ...]
    fields: Mapping[str, FieldKind]
    vector_columns: Mapping[str, str]
    thumbnail_column: str | None

    @property
    def schema(self) -> Any:
        """The Arrow schema, this layout in its metadata."""
        columns = [pa.field(name, kind, nullable=name in _MAY_BE_NULL) for name, kind in _OWN.items()]
        columns += [pa.field(name, _KINDS[kind]) for name, kind in self.fields.items()]
        columns += [pa.field(self.vector_columns[v.name], pa.list_(pa.float32(), v.dim)) for v in self.vectors]
        if self.thumbnail_column is not None:
            columns.append(pa.field(self.thumbnail_column, pa.binary()))
        text = json.dumps(self._document(), ensure_ascii=False).encode()
        return pa.schema(columns, metadata={KEY: text, SUM: content_hash(text).encode()})

    def _document(self) -> dict[str, object]:
        return {
            "format": 1 + any(v.is_derived for v in self.vectors),
            "facies": version("facies"),
            "collection": self.collection,
            "preset": self.preset,
            "vectors": [
                {
                    "name": v.name,
                    "dim": v.dim,
                    "column": self.vector_columns[v.name],
                    "fingerprint": asdict(v.fingerprint),
                    **({"source": v.source, "projection": v.projection} if v.is_derived else {}),
                }
                for v in self.vectors
            ],
            "fields": dict(self.fields),
            "thumbnails": self.thumbnail_column,
        }


def layout_of(collection: CollectionRecord, fields: Mapping[str, FieldKind], *, thumbnails: bool) -> Layout:
    """Give every part of a collection a column; a metadata field has its own name, the others give way to it."""
    taken = {*_OWN, *fields}
    columns: dict[str, str] = {}
    for vector in collection.vectors:
        columns[vector.name] = _free(f"vector_{vector.name}", taken)
    return Layout(
        collection=collection.name,
        preset=collection.preset,
        vectors=collection.vectors,
        fields=dict(fields),
        vector_columns=columns,
        thumbnail_column=_free("thumbnail", taken) if thumbnails else None,
    )


def read_layout(schema: Any, where: str) -> Layout:
    """Read what a file says of itself, and see that its columns are so.

    Raises:
        SourceError: it does not come from an export, comes from a later release, or lacks a column.
    """
    text = (schema.metadata or {}).get(KEY)
    if text is None:
        raise SourceError(
            f"{where} is no exported collection: its key-value metadata have no entry 'facies'. Expected a file that "
            "`facies collections export` wrote"
        )
    if schema.metadata.get(SUM) != content_hash(text).encode():
        raise SourceError(f"{where}: its metadata entry 'facies' was changed since the export, or is damaged")
    try:
        document: dict[str, Any] = json.loads(text)
        if document["format"] not in FORMATS:
            raise SourceError(
                f"{where} has format {document['format']}, this facies reads {FORMATS[-1]}: a later release wrote it"
            )
        vectors = tuple(
            VectorRecord(
                v["name"], int(v["dim"]), Fingerprint(**v["fingerprint"]), v.get("source"), v.get("projection")
            )
            for v in document["vectors"]
        )
        layout = Layout(
            collection=document["collection"],
            preset=document["preset"],
            vectors=vectors,
            fields=document["fields"],
            vector_columns={v["name"]: v["column"] for v in document["vectors"]},
            thumbnail_column=document["thumbnails"],
        )
        expected = layout.schema
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(f"{where}: its metadata entry 'facies' is damaged ({error!r})") from error
    if not vectors:
        raise SourceError(f"{where}: its metadata entry 'facies' is damaged (no vector)")
    for column in expected:
        found = schema.get_field_index(column.name)
        if found < 0:
            raise SourceError(f"{where} lacks the column {column.name!r} ({column.type}), or has it twice")
        if not _fits(schema.field(found).type, column.type):
            raise SourceError(f"{where}: column {column.name!r} is {schema.field(found).type}, expected {column.type}")
    return layout


def to_batch(layout: Layout, rows: Sequence[Row]) -> Any:
    """Bring rows into columns."""
    records = [row.record for row in rows]
    columns = [pa.array([getattr(r, name) for r in records], kind) for name, kind in _OWN.items()]
    columns += [_metadata_column(records, name, kind) for name, kind in layout.fields.items()]
    columns += [_vector_column(rows, vector) for vector in layout.vectors]
    if layout.thumbnail_column is not None:
        columns.append(pa.array([row.thumbnail for row in rows], pa.binary()))
    return pa.RecordBatch.from_arrays(columns, schema=layout.schema)


def from_batch(layout: Layout, batch: Any, where: str) -> list[Row]:
    """Bring columns into rows.

    Raises:
        SourceError: a value is missing, or is not what its column is for.
    """
    own = {name: batch.column(name).to_pylist() for name in _OWN}
    for name in _OWN.keys() - _MAY_BE_NULL:
        if None in own[name]:
            raise SourceError(f"{where}: column {name!r} has no value in some rows")
    fields = {name: batch.column(name).to_pylist() for name in layout.fields}
    vectors = {v.name: _read_vectors(batch.column(layout.vector_columns[v.name]), v, where) for v in layout.vectors}
    thumbnails = None if layout.thumbnail_column is None else batch.column(layout.thumbnail_column).to_pylist()
    rows = []
    for i in range(batch.num_rows):
        values = {name: column[i] for name, column in own.items()}
        metadata = {name: column[i] for name, column in fields.items() if column[i] is not None}
        record = ImageRecord(**values, metadata=metadata)
        _check_record(record, where)
        named = {name: row for name, column in vectors.items() if (row := column[i]) is not None}
        rows.append(Row(record, named, None if thumbnails is None else thumbnails[i]))
    return rows


def _check_record(record: ImageRecord, where: str) -> None:
    if record.page is not None and record.page < 0:
        raise SourceError(f"{where}: image {record.id} has page {record.page}, expected 0 or more, or none")
    if record.id != image_id(record.sha256, record.page):
        raise SourceError(
            f"{where}: image {record.id} does not have the id that follows from its sha256 {record.sha256} and page "
            f"{record.page}"
        )
    if record.width < 1 or record.height < 1:
        raise SourceError(f"{where}: image {record.id} is {record.width} x {record.height} pixels")
    if (record.label is None) != (record.state is None) or (record.state is not None and record.state not in _STATES):
        raise SourceError(
            f"{where}: image {record.id} has label {record.label!r} with state {record.state!r}; expected both or "
            f"neither, and a state of {', '.join(sorted(_STATES))}"
        )
    fault = None if record.label is None else find_label_fault(record.label)
    if fault is not None:
        raise SourceError(f"{where}: the label of image {record.id} {fault}, got {record.label!r}")


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _fits(found: Any, expected: Any) -> bool:
    """Whether a column can be read as what is expected; other tools write text with 64-bit offsets."""
    same = {pa.string(): (pa.string(), pa.large_string()), pa.binary(): (pa.binary(), pa.large_binary())}
    return found in same.get(expected, (expected,))


def _metadata_column(records: Sequence[ImageRecord], name: str, kind: FieldKind) -> Any:
    brought = {"keyword": str, "integer": int, "float": float}[kind]
    values = [record.metadata.get(name) for record in records]
    return pa.array([None if value is None else brought(value) for value in values], _KINDS[kind])


def _vector_column(rows: Sequence[Row], vector: VectorRecord) -> Any:
    numbers = np.zeros((len(rows), vector.dim), np.float32)
    absent = np.ones(len(rows), np.bool_)
    for i, row in enumerate(rows):
        if vector.name in row.vectors:
            numbers[i] = row.vectors[vector.name]
            absent[i] = False
    return pa.FixedSizeListArray.from_arrays(pa.array(numbers.reshape(-1)), vector.dim, mask=pa.array(absent))


def _read_vectors(
    column: Any, vector: VectorRecord, where: str
) -> list[np.ndarray[tuple[int], np.dtype[np.float32]] | None]:
    numbers = column.flatten()  # of the rows that have one
    if numbers.null_count:
        raise SourceError(f"{where}: some vectors {vector.name!r} have gaps")
    matrix = numbers.to_numpy(zero_copy_only=False).reshape(-1, vector.dim)
    there = iter(matrix)
    return [next(there) if valid else None for valid in column.is_valid().to_pylist()]
