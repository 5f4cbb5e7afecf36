"""Tables as text, read line by line: comma, semicolon or tab between the cells, quotes around what needs them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal

from facies.core.errors import SourceError
from facies.indexer.originals import explain

MAX_LINE: Final = 2**20
"""Characters of one line; a file without line ends, or a zip file that unpacks to one, would fill the memory."""
_DELIMITERS: Final = (",", "\t", ";")


class TableWriter:
    """Writes rows of cells, quotes around those that hold a delimiter, a quote or an end of a line.

    The csv module leaves a lone carriage return bare, which readers then take for the end of the row.
    """

    def __init__(self, text: IO[str], delimiter: str = ",") -> None:
        """Take an open file, opened with ``newline=""``."""
        self._text, self._delimiter = text, delimiter
        self._special = re.compile(f'["\r\n{delimiter}]')

    def write(self, cells: Iterable[str]) -> None:
        """Write one row."""
        self._text.write(self._delimiter.join(map(self._quote, cells)) + "\n")

    def _quote(self, cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"' if self._special.search(cell) else cell


@dataclass(frozen=True, slots=True)
class TextRow:
    """A row of a table: the number of its (last) line, and its cells."""

    line: int
    cells: list[str]


@contextmanager
def open_text(path: Path) -> Iterator[IO[str]]:
    """Open a file of text in UTF-8, with or without a byte order mark.

    Raises:
        SourceError: it cannot be read.
    """
    try:
        with path.open("rb") as stream, as_text(stream) as text:
            yield text
    except OSError as error:
        raise SourceError(f"cannot read {path}: {explain(error)}") from error


def as_text(stream: IO[bytes]) -> io.TextIOWrapper:
    """Read bytes as UTF-8, line ends as they are."""
    return io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")


def read_cells(text: IO[str], where: str, delimiter: str | None = None, quote: str = '"') -> Iterator[TextRow]:
    """Read the rows of a table, the header among them; empty lines are passed over.

    Args:
        text: the table.
        where: its name, for messages.
        delimiter: what stands between cells; None: comma, tab or semicolon, whichever makes ``label`` a column.
        quote: what stands around cells that hold a delimiter; empty for nothing.

    Raises:
        SourceError: it is not UTF-8, a quote is not closed, a line is endless, or it holds nothing.
    """
    lines = _bounded(text, where)
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    try:
        first = next(lines, None)
        if first is None:
            raise SourceError(f"{where} is empty, expected a table with a header line")
        sign = delimiter or _find_delimiter(first)
        reader = csv.reader(
            _chain(first, lines), delimiter=sign, quotechar=quote or None, quoting=quoting, strict=bool(quote)
        )
        for cells in reader:
            if any(cells):
                yield TextRow(reader.line_num, cells)
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{where} is not UTF-8 (byte {error.object[error.start]:#04x}); save it as `CSV UTF-8`"
        ) from error
    except csv.Error as error:
        raise SourceError(f"{where} is damaged, or cut off: {error}") from error


def read_header(rows: Iterator[TextRow], where: str) -> list[str]:
    """Take the first row as names of columns.

    Raises:
        SourceError: there is none, or a name comes twice.
    """
    first = next(rows, None)
    if first is None:
        raise SourceError(f"{where} is empty, expected a table with a header line")
    names = [name.strip() for name in first.cells]
    check_names(names, where)
    return names


def check_names(names: Sequence[str], where: str) -> None:
    """Refuse columns of one name.

    Raises:
        SourceError: names them.
    """
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise SourceError(f"{where} has several columns named {', '.join(map(repr, twice))}; rename them")


def explain_length(cells: Sequence[str], names: Sequence[str]) -> str | None:
    """Say that a row has not as many cells as there are columns; None where it has."""
    if len(cells) == len(names):
        return None
    return f"the row has {len(cells)} cells, expected {len(names)} as in the header"


def _find_delimiter(header: str) -> str:
    """What parts the header so that one of the names is ``label``; else what is there most."""
    for sign in _DELIMITERS:
        if "label" in [name.strip() for name in next(csv.reader([header], delimiter=sign), [])]:
            return sign
    return max(_DELIMITERS, key=header.count)


def _bounded(text: IO[str], where: str) -> Iterator[str]:
    while line := text.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            raise SourceError(f"{where} has a line of more than {MAX_LINE:,} characters; it is no table of labels")
        yield line


def _chain(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    yield from lines
