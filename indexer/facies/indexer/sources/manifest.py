"""A CSV or TSV file that lists images, with a label and any metadata beside each."""

from __future__ import annotations

import csv
import io
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from facies.core.errors import SourceError
from facies.core.records import RESERVED_FIELDS, MetadataValue
from facies.indexer.originals import explain, is_url, open_stream
from facies.indexer.sources.base import Labels, SourceEntry, SourceItem, Unusable
from facies.indexer.sources.columns import cell_kind, read_cell, widest
from facies.indexer.sources.folder import local_file

if TYPE_CHECKING:
    from facies.core.records import FieldKind

PATH_COLUMNS = ("path", "file", "image")
LABEL_COLUMN = "label"

Row = dict[str, str]


class ManifestSource:
    """The rows of a manifest, in their order.

    One column names the file (``path``, ``file`` or ``image``): absolute, relative to the manifest, or a URL. A column
    ``label`` holds the labels; every other column is metadata. A column is whole numbers, decimals or text by what all
    of its cells hold; empty cells are left out.
    """

    def __init__(self, location: str, labels: Labels = "none", within: Sequence[Path] | None = None) -> None:
        """Read the header and learn the columns' kinds from all rows.

        Args:
            location: an absolute local path, or an fsspec URL.
            labels: ``manifest``: from the label column; ``folder``: from the folder in the file's path.
            within: real folders that files must lie in; None: anywhere, URLs included.

        Raises:
            SourceError: it cannot be read, names no files, or uses a reserved name for a column.
        """
        self.location = location
        self._labels = labels
        self._within = within
        self._layout = self._read_layout()
        self._rows, self.fields, self._text_at = self._learn()

    def __iter__(self) -> Iterator[SourceEntry]:
        """Yield the files that the rows name."""
        return (self._entry(line, row) for line, row in self._read_rows())

    def count(self) -> int:
        """Number of rows."""
        return self._rows

    def owns(self, uri: str) -> bool:
        """Whether the URI lies in the manifest's folder."""
        return uri.startswith(f"{self._folder}/")

    def close(self) -> None:
        """Hold nothing open."""

    def text_in(self, column: str) -> str:
        """Where a column first holds text, for messages."""
        line, cell = self._text_at[column]
        return f"{cell!r} in line {line}"

    @property
    def _folder(self) -> str:
        return self.location.rpartition("/")[0] if is_url(self.location) else str(Path(self.location).parent)

    def _read_layout(self) -> _Layout:
        with self._text() as text:
            header = next(iter(text), "")
        return compute_layout(self.location, header, self._labels)

    def _read_rows(self) -> Iterator[tuple[int, Row | None]]:
        columns = self._layout.columns
        with self._text() as text:
            reader = csv.reader(text, delimiter=self._layout.delimiter)
            next(reader)
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    row = dict(zip(columns, cells, strict=False)) if len(cells) <= len(columns) else None
                    yield reader.line_num, row

    @contextmanager
    def _text(self) -> Iterator[io.TextIOWrapper]:
        try:
            with (
                open_stream(self.location) as stream,
                io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text,
            ):
                yield text
        except OSError as error:
            raise SourceError(f"cannot read the manifest {self.location}: {explain(error)}") from error
        except UnicodeDecodeError as error:
            raise SourceError(
                f"the manifest {self.location} is not UTF-8 (byte {error.start}); save it as `CSV UTF-8`"
            ) from error
        except csv.Error as error:
            raise SourceError(f"the manifest {self.location} is not a table: {error}") from error

    def _learn(self) -> tuple[int, Mapping[str, FieldKind], dict[str, tuple[int, str]]]:
        rows = 0
        kinds: dict[str, FieldKind] = {}
        text_at: dict[str, tuple[int, str]] = {}
        for line, row in self._read_rows():
            rows += 1
            for name in self._layout.metadata if row else ():
                cell = (row or {}).get(name, "")
                kind = cell_kind(cell)
                if kind is None:
                    continue
                kinds[name] = widest([kinds.get(name, kind), kind])
                if kind == "keyword":
                    text_at.setdefault(name, (line, cell))
        return rows, kinds, text_at

    def _entry(self, line: int, row: Row | None) -> SourceEntry:
        if row is None:
            return Unusable(f"{self.location}:{line}", "the row has more cells than the header has columns")
        cell = row.get(self._layout.path, "").strip()
        if not cell:
            return Unusable(f"{self.location}:{line}", f"the row names no file in column {self._layout.path!r}")
        metadata = {n: v for n, k in self.fields.items() if (v := read_cell(row.get(n, ""), k)) is not None}
        return self._file(cell, self._label(cell, row), metadata)

    def _label(self, cell: str, row: Row) -> str | None:
        if self._labels == "manifest":
            return row.get(LABEL_COLUMN, "").strip() or None
        if self._labels == "folder":
            parent = PurePosixPath(cell).parent
            alone = is_url(cell) or parent.is_absolute()
            return (parent.name if alone else "/".join(p for p in parent.parts if p not in {".", ".."})) or None
        return None

    def _file(self, cell: str, label: str | None, metadata: Mapping[str, MetadataValue]) -> SourceEntry:
        if is_url(cell) or is_url(self.location):
            uri = cell if is_url(cell) else f"{self._folder}/{cell}"
            if self._within is not None:
                return Unusable(uri, "it lies outside the folders that this service may read")
            return SourceItem(uri, cell, label, metadata)
        path = os.path.normpath(Path(self._folder, cell))
        found = local_file(path, cell, label=label, size=None, within=self._within)
        if isinstance(found, Unusable):
            return found
        try:
            status = Path(path).stat()
        except OSError as error:
            return Unusable(path, f"the manifest names it, but it cannot be read: {explain(error)}")
        if not stat.S_ISREG(status.st_mode):
            return Unusable(path, "the manifest names it, but it is not a file")
        return SourceItem(path, cell, label, metadata, size=status.st_size)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the table is written: its delimiter, its columns, and which of them holds what."""

    delimiter: str
    columns: tuple[str, ...]
    path: str
    metadata: tuple[str, ...]


def compute_layout(location: str, header: str, labels: Labels) -> _Layout:
    """Read the header line; the delimiter is the one among tab, comma and semicolon that shows a column for the file.

    Raises:
        SourceError: no such column, a column twice, a reserved name, or no label column where labels are wanted.
    """
    for delimiter in ("\t", ",", ";"):
        columns = tuple(cell.strip() for cell in next(csv.reader([header], delimiter=delimiter), []))
        path = next((name for name in PATH_COLUMNS if name in columns), None)
        if path is not None:
            break
    else:
        raise SourceError(
            f"the manifest {location} has no column named {', '.join(PATH_COLUMNS)}; "
            f"its first line is {header.strip()!r}"
        )
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise SourceError(
            f"the manifest {location} has several columns named {', '.join(map(repr, twice))}; rename them"
        )
    reserved = sorted(RESERVED_FIELDS.intersection(columns) - {LABEL_COLUMN})
    if reserved:
        raise SourceError(
            f"the manifest {location} has columns named {', '.join(reserved)}, which facies uses itself; rename them"
        )
    if labels == "manifest" and LABEL_COLUMN not in columns:
        raise SourceError(
            f"the manifest {location} has no column {LABEL_COLUMN!r}, which --labels manifest reads; "
            f"its columns are {', '.join(columns)}"
        )
    metadata = tuple(name for name in columns if name and name not in {path, LABEL_COLUMN})
    return _Layout(delimiter, columns, path, metadata)
