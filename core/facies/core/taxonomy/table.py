"""A taxonomy as a table: CSV that a person can write, and that is written again without loss.

Columns: ``name``, and as far as known ``rank``, ``parent`` (an accepted name of the table), ``code``, ``synonyms``
(separated by ``|``), ``age_min_ma``, ``age_max_ma``, ``depth_min_m`` and ``depth_max_m``. Lines before the header may
say what the table is: ``# title: ...``, ``# source: ...``, ``# licence: ...``.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence

from facies.core.errors import TaxonomyError
from facies.core.taxonomy.taxon import Span, Taxon, fold
from facies.core.taxonomy.taxonomy import Taxonomy

COLUMNS = ("name", "rank", "parent", "code", "synonyms", "age_min_ma", "age_max_ma", "depth_min_m", "depth_max_m")
DELIMITERS = (",", "\t", ";")
"""A header of a single column shows none: then it is a comma, so that a stray one is noticed."""
SEPARATOR = "|"
"""Between the synonyms of one taxon."""
_WHOLE = 1e15
"""Numbers below it are told apart when written without a point."""
_SHOWN = 200
"""Characters of a header that a message repeats."""
_ABOUT = ("title", "source", "licence")

Line = tuple[int, dict[str, str]]
"""The number of a line in its file, and its cells by column; empty ones are left out."""


def read_taxonomy_table(data: bytes, name: str, where: str) -> Taxonomy:
    """Read a taxonomy from CSV; the delimiter is a comma, a semicolon or a tab.

    Args:
        data: the file's bytes, UTF-8 with or without a byte order mark.
        name: that the taxonomy gets.
        where: what the file is called, for messages.

    Raises:
        TaxonomyError: it is no such table, or its taxa make no taxonomy.
    """
    about, rows = read_rows(data, where, needs="name")
    lines = list(rows)
    unknown = sorted({column for _, row in lines for column in row} - set(COLUMNS))
    if unknown:
        raise TaxonomyError(
            f"{where} has columns that mean nothing here: {', '.join(map(repr, unknown))}; "
            f"expected some of {', '.join(COLUMNS)}"
        )
    first: dict[str, int] = {}
    for number, row in lines:
        twice = first.setdefault(fold(row.get("name", "")), number)
        if "name" in row and twice != number:
            raise TaxonomyError(f"{where} names {row['name']!r} twice, in lines {twice} and {number}; leave one out")
    taxa = tuple(_read_taxon(row, f"{where}, line {number}") for number, row in lines)
    return Taxonomy(name, about.get("title", name), taxa, about.get("source", ""), about.get("licence", ""))


def write_taxonomy_table(taxonomy: Taxonomy) -> str:
    """Write a taxonomy as CSV, which `read_taxonomy_table` makes the same taxonomy of.

    Raises:
        TaxonomyError: a synonym holds the separator.
    """
    text = io.StringIO()
    for key, value in (("title", taxonomy.title), ("source", taxonomy.source), ("licence", taxonomy.licence)):
        if value:
            text.write(f"# {key}: {' '.join(value.split())}\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for taxon in taxonomy:
        if any(SEPARATOR in synonym for synonym in taxon.synonyms):
            raise TaxonomyError(f"a synonym of {taxon.name!r} holds {SEPARATOR!r}, which separates synonyms in a table")
        age, depth = taxon.age_ma or Span(), taxon.depth_m or Span()
        numbers = ("" if end is None else _write_number(end) for end in (age.low, age.high, depth.low, depth.high))
        cells = (taxon.name, taxon.rank, taxon.parent, taxon.code, SEPARATOR.join(taxon.synonyms))
        writer.writerow([*(cell or "" for cell in cells), *numbers])
    return text.getvalue()


def read_rows(data: bytes, where: str, *, needs: str) -> tuple[dict[str, str], Iterator[Line]]:
    """Read a delimited file with a header line.

    Args:
        data: the file's bytes, UTF-8 with or without a byte order mark.
        where: what the file is called, for messages.
        needs: a column that there has to be; the delimiter is the one that shows it.

    Returns:
        what the lines before the header say, and an iterator over the rows below it.

    Raises:
        TaxonomyError: it is empty, not UTF-8, has no such column or one twice; from the iterator: a row has more cells
            than there are columns, or is no CSV.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TaxonomyError(f"{where} is not UTF-8 (byte {error.start}); save it as `CSV UTF-8`") from error
    if not text.strip():
        raise TaxonomyError(f"{where} is empty, expected a table with a column {needs!r}")
    lines = list(io.StringIO(text, newline=""))
    skipped = 0
    about: dict[str, str] = {}
    while skipped < len(lines) and (lines[skipped].startswith("#") or not lines[skipped].strip()):
        key, _, value = lines[skipped].lstrip("# ").partition(":")
        if key.strip() in _ABOUT:
            about[key.strip()] = value.strip()
        skipped += 1
    header = lines[skipped] if skipped < len(lines) else ""
    delimiter, columns = _layout(header, where, needs)
    return about, _rows("".join(lines[skipped + 1 :]), columns, delimiter, where, skipped + 1)


def _layout(header: str, where: str, needs: str) -> tuple[str, Sequence[str]]:
    for delimiter in DELIMITERS:
        columns = [cell.strip() for cell in next(csv.reader([header], delimiter=delimiter), [])]
        if needs in columns:
            break
    else:
        raise TaxonomyError(f"{where} has no column {needs!r}; its header is {header.strip()[:_SHOWN]!r}")
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise TaxonomyError(f"{where} has several columns named {', '.join(map(repr, twice))}; rename them")
    return delimiter, columns


def _rows(text: str, columns: Sequence[str], delimiter: str, where: str, before: int) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            if len(cells) > len(columns):
                raise TaxonomyError(
                    f"{where}, line {before + reader.line_num} has {len(cells)} cells for {len(columns)} columns"
                )
            row = {column: " ".join(cell.split()) for column, cell in zip(columns, cells, strict=False) if cell.strip()}
            if row:
                yield before + reader.line_num, row
    except csv.Error as error:
        raise TaxonomyError(f"{where}, line {before + reader.line_num} is no line of a table: {error}") from error


def _write_number(number: float) -> str:
    """The shortest text that gives the number again: whole ones without a point."""
    return str(int(number)) if abs(number) < _WHOLE and number == int(number) else repr(number)


def _read_taxon(row: Mapping[str, str], where: str) -> Taxon:
    if "name" not in row:
        raise TaxonomyError(f"{where} has no name")
    synonyms = tuple(text.strip() for text in row.get("synonyms", "").split(SEPARATOR) if text.strip())
    return Taxon(
        name=row["name"],
        rank=row["rank"].lower() if "rank" in row else None,
        parent=row.get("parent"),
        code=row.get("code"),
        synonyms=synonyms,
        age_ma=_read_span(row, "age_min_ma", "age_max_ma", where),
        depth_m=_read_span(row, "depth_min_m", "depth_max_m", where),
    )


def _read_span(row: Mapping[str, str], low: str, high: str, where: str) -> Span | None:
    if low not in row and high not in row:
        return None
    try:
        return Span(_read_number(row, low, where), _read_number(row, high, where))
    except TaxonomyError as error:
        raise TaxonomyError(f"{where}, {low} and {high}: {error.message}") from error


def _read_number(row: Mapping[str, str], column: str, where: str) -> float | None:
    if column not in row:
        return None
    try:
        number = float(row[column])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise TaxonomyError(f"{row[column]!r} is no number, expected one such as 56.0")
    return number
