"""A taxonomy from a file: our own table, a Darwin Core taxon table, or a Darwin Core Archive."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from facies.core.errors import TaxonomyError
from facies.core.taxonomy.darwin_core import NAME, ReadTaxonomy, read_darwin_core
from facies.core.taxonomy.table import Line, read_rows, read_taxonomy_table
from facies.indexer.taxonomies.archive import is_archive, open_taxon_table

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?")


def read_taxonomy(data: bytes, filename: str, name: str | None = None, *, title: str = "") -> ReadTaxonomy:
    """Read a taxonomy from the bytes of a file; what the file is follows from its content.

    Args:
        data: the file's bytes.
        filename: what it is called; the taxonomy takes its name from it where it gets none.
        name: that the taxonomy gets; lower-case letters, digits, and ``.``, ``_``, ``-`` in between.
        title: what a Darwin Core taxonomy is, in a line; a table of ours says it itself.

    Raises:
        TaxonomyError: the name is none, the file is none of the three, or its taxa make no taxonomy.
    """
    called = _check_name(name) if name is not None else _name_of(filename)
    if is_archive(data):
        table = open_taxon_table(data, filename)
        if not isinstance(table, bytes):
            return read_darwin_core(table, called, filename, title=title)
        data = table
    if not _is_darwin_core(data):
        return ReadTaxonomy(read_taxonomy_table(data, called, filename))
    return read_darwin_core(_plain_rows(data, filename), called, filename, title=title)


def _plain_rows(data: bytes, where: str) -> Iterator[Line]:
    start = data.index(NAME.encode())
    header, end, rest = data[start:].partition(b"\n")
    prefixed = (data[:start] + header).replace(b"dwc:", b"")  # some tables say whose terms these are
    _, rows = read_rows(prefixed + end + rest, where, needs=NAME)
    return rows


def _is_darwin_core(data: bytes) -> bool:
    return NAME.encode() in data.lstrip(b"\xef\xbb\xbf\r\n ").partition(b"\n")[0]


def _check_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise TaxonomyError(
            f"{name!r} cannot name a taxonomy, expected lower-case letters, digits, and `.`, `_` or `-` in between"
        )
    return name


def _name_of(filename: str) -> str:
    stem = re.sub(r"[^a-z0-9._-]+", "-", PurePath(filename).stem.lower()).strip("._-")[:100].strip("._-")
    if not stem:
        raise TaxonomyError(f"the file name {filename!r} gives no name for a taxonomy; name it (`--name NAME`)")
    return stem
