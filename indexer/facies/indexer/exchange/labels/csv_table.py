"""Labels as CSV: one row an image, in UTF-8, the columns of `facies.indexer.exchange.labels.columns` and the metadata.

Cells are written as they are: a note that begins with ``=`` stays one, since a file that changes what it carries is no
exchange. Whoever opens such a file in a spreadsheet imports it as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from facies.indexer.exchange.labels.columns import COLUMNS, from_values, metadata_cell, to_cells
from facies.indexer.exchange.labels.label_row import About, LabelRow, ReadRow, Unread, Written
from facies.indexer.exchange.labels.named_columns import fit_columns, metadata_columns
from facies.indexer.exchange.labels.text_tables import TableWriter, explain_length, open_text, read_cells, read_header


def write_csv(rows: Iterable[LabelRow], path: Path, about: About) -> Written:
    """Write rows to a file, see `facies.indexer.exchange.labels.formats`."""
    written = Written()
    fields = metadata_columns(about.fields)
    with path.open("w", encoding="utf-8", newline="") as text:
        table = TableWriter(text)
        table.write([*COLUMNS, *fields.values()])
        for row in rows:
            values = [metadata_cell(row.metadata.get(name)) for name in fields]
            table.write([*to_cells(row).values(), *values])
            written.rows += 1
    return written


def read_csv(path: Path) -> Iterator[ReadRow | Unread]:
    """Read a table of labels, one of ours or any with a column ``label`` and one that names images.

    Raises:
        SourceError: it is no such table.
    """
    where = path.name
    with open_text(path) as text:
        rows = read_cells(text, where)
        names = read_header(rows, where)
        columns = {name: names.index(column) for name, column in fit_columns(names, where).items()}
        for found in rows:
            reason = explain_length(found.cells, names)
            if reason is not None:
                yield Unread(found.line, reason)
                continue
            try:
                yield ReadRow(found.line, from_values({name: found.cells[at] for name, at in columns.items()}))
            except ValueError as error:
                yield Unread(found.line, str(error))
