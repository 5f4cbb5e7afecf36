"""What the files of a batch really show, as far as their names or a table tell. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Final, Literal, TypeAlias

TruthSource: TypeAlias = Literal["none", "folder", "name", "table"]

SOURCES: Final[dict[TruthSource, str]] = {
    "none": "None",
    "folder": "Folder",
    "name": "File name",
    "table": "CSV",
}
_NUMBER = re.compile(r"[\s._-]*\(?\d+\)?$")
_FILE_COLUMNS: Final = ("file", "filename", "path", "name", "image")
_LABEL_COLUMNS: Final = ("label", "class", "taxon", "species")


class TableError(ValueError):
    """A table of labels that cannot be used; the message says why."""


def label_of_file(name: str, source: TruthSource, table: Mapping[str, str] | None = None) -> str | None:
    """The label of a file; None where nothing tells.

    Args:
        name: with folders, where it has some.
        source: ``folder``: the innermost folder; ``name``: the file's name without the number at its end; ``table``.
        table: labels by name, see `read_table`.

    >>> label_of_file("batch/azolla/7.png", "folder"), label_of_file("well_log_007.png", "name")
    ('azolla', 'well_log')
    >>> label_of_file("7.png", "folder") is None
    True
    """
    path = _path(name)
    if source == "folder":
        return path.parent.name or None
    if source == "name":
        return _NUMBER.sub("", path.stem) or None
    if source == "table" and table is not None:
        return table.get(str(path)) or table.get(path.name)
    return None


def read_table(data: bytes) -> dict[str, str]:
    r"""Labels by file from a CSV table with a column of files and one of labels.

    >>> read_table(b"file,label\na.png,azolla\n")
    {'a.png': 'azolla'}

    Raises:
        TableError: it is no text, or has no such columns.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError("the table is not UTF-8 text; save it as CSV in UTF-8") from error
    head = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=head.count))
    columns = {(name or "").strip().casefold(): name for name in rows.fieldnames or ()}
    file = next((columns[name] for name in _FILE_COLUMNS if name in columns), None)
    label = next((columns[name] for name in _LABEL_COLUMNS if name in columns), None)
    if file is None or label is None:
        raise TableError(
            f"the table has the columns {', '.join(map(repr, columns)) or 'none'}, expected one called file and one "
            "called label"
        )
    given = (((row[file] or "").strip(), (row[label] or "").strip()) for row in rows)
    return {str(_path(name)): told for name, told in given if name and told}


def _path(name: str) -> PurePosixPath:
    return PurePosixPath(PureWindowsPath(name).as_posix())
