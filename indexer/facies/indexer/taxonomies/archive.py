"""A Darwin Core Archive: a zip file with a table of taxa and a descriptor of it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import PurePosixPath
from typing import Final

from facies.core.errors import SourceError, TaxonomyError
from facies.core.taxonomy.darwin_core import ID, NAME
from facies.core.taxonomy.table import Line
from facies.indexer.archive_descriptor import DESCRIPTOR, TableLayout, read_descriptor
from facies.indexer.originals import explain, read_member, zip_faults

MAX_TABLE_BYTES: Final = 256 * 2**20
"""Most bytes of an unpacked table that are read: room for a million taxa, and an end to a bomb."""
TAXON: Final = "http://rs.tdwg.org/dwc/terms/Taxon"
_TABLES: Final = frozenset({".csv", ".tsv", ".txt"})


def is_archive(data: bytes) -> bool:
    """Whether these are the bytes of a zip file."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def open_taxon_table(data: bytes, where: str) -> bytes | Iterator[Line]:
    """Read the table of taxa of an archive.

    Returns:
        its rows, as the descriptor says; an archive without one has a single table, whose bytes come as they are.

    Raises:
        TaxonomyError: it is no such archive, or holds more than `MAX_TABLE_BYTES`.
    """
    try:
        with zip_faults(), zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {member.filename for member in archive.infolist() if not member.is_dir()}
            described = _find(names, DESCRIPTOR)
            if described is None:
                return _read(archive, _only_table(names, where), where)
            layout = read_taxon_layout(_read(archive, described, where), where)
            place = str(PurePosixPath(described).parent / layout.location)
            if place not in names:
                raise TaxonomyError(f"the meta.xml of {where} names {layout.location!r}, which is not in the archive")
            return _rows(_read(archive, place, where), layout, where)
    except OSError as error:
        raise TaxonomyError(f"{where} cannot be read as a zip file: {explain(error)}") from error


def read_taxon_layout(data: bytes, where: str) -> TableLayout:
    """Read from a descriptor how the table of taxa is written; terms are by their name, without what stands before it.

    Raises:
        TaxonomyError: it is no descriptor, its core does not list taxa, or does not name them.
    """
    try:
        layout = read_descriptor(data, where)[0]
    except SourceError as error:
        raise TaxonomyError(error.message) from error
    if layout.row_type != TAXON:
        raise TaxonomyError(
            f"the core of {where} is of type {layout.row_type!r}, expected {TAXON}: an archive of occurrences or "
            "events lists no taxonomy"
        )
    columns = {term.rpartition("/")[2]: position for term, position in layout.columns.items()}
    constants = {term.rpartition("/")[2]: value for term, value in layout.constants.items()}
    if layout.key is not None and layout.key not in columns.values():
        columns.setdefault(ID, layout.key)
    if NAME not in {*columns, *constants}:
        raise TaxonomyError(f"the core of {where} has no field {NAME}; its fields are {', '.join(columns)}")
    return replace(layout, columns=columns, constants=constants)


def _find(names: set[str], wanted: str) -> str | None:
    """A file by its name, at the top or in the only folder."""
    found = [name for name in names if PurePosixPath(name).name == wanted and len(PurePosixPath(name).parts) <= 2]
    return min(found, key=len, default=None)


def _only_table(names: set[str], where: str) -> str:
    tables = [name for name in names if PurePosixPath(name).suffix.lower() in _TABLES]
    if len(tables) != 1:
        raise TaxonomyError(
            f"{where} has no {DESCRIPTOR} and {len(tables)} tables; expected a Darwin Core Archive, or one table"
        )
    return tables[0]


def _read(archive: zipfile.ZipFile, name: str, where: str) -> bytes:
    data = read_member(archive, name, MAX_TABLE_BYTES + 1)
    if len(data) > MAX_TABLE_BYTES:
        raise TaxonomyError(f"{name} in {where} has more than {MAX_TABLE_BYTES:,} bytes; import a part of it")
    return data


def _rows(data: bytes, layout: TableLayout, where: str) -> Iterator[Line]:
    place = f"{layout.location} in {where}"
    try:
        text = data.decode(layout.encoding)
    except UnicodeDecodeError as error:
        raise TaxonomyError(f"{place} is not {layout.encoding}, as its meta.xml says (byte {error.start})") from error
    lines = islice(io.StringIO(text, newline=""), layout.skipped, None)
    if layout.quote:
        return _named(csv.reader(lines, delimiter=layout.delimiter, quotechar=layout.quote), layout, place)
    return _named(csv.reader(lines, delimiter=layout.delimiter, quoting=csv.QUOTE_NONE), layout, place)


def _named(reader: Iterator[list[str]], layout: TableLayout, place: str) -> Iterator[Line]:
    number = layout.skipped
    try:
        for number, cells in enumerate(reader, start=layout.skipped + 1):
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) <= max(layout.columns.values(), default=0):
                raise TaxonomyError(
                    f"{place}, row {number} has {len(cells)} cells, expected {max(layout.columns.values()) + 1} or more"
                )
            named = {term: " ".join(cells[position].split()) for term, position in layout.columns.items()}
            yield number, {**layout.constants, **{term: cell for term, cell in named.items() if cell}}
    except csv.Error as error:
        raise TaxonomyError(f"{place}, row {number + 1} is no row of a table: {error}") from error
