"""Tables of classes in files: JSON or CSV with `id`, `name` and `colour`, of which only the id is needed."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from facies.core.errors import ClassTableError, TaxonomyError
from facies.core.segmentation.class_colours import Colour, colour_of, format_colour, parse_colour
from facies.core.segmentation.class_table import ClassTable, SegmentationClass
from facies.core.taxonomy.table import read_rows

MAX_TABLE_BYTES = 2**20
"""A table of 256 classes takes a few kilobytes."""
_COLUMNS = ("id", "name", "colour")


def read_class_table(path: Path) -> ClassTable:
    """Read a table of classes; ``.csv`` and ``.tsv`` are tables, anything else is JSON.

    Raises:
        ClassTableError: the file cannot be read, or holds no such table.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TABLE_BYTES + 1)
    except OSError as error:
        raise ClassTableError(f"{path.name} cannot be read: {error.strerror or error}") from error
    return parse_class_table(data, path.name)


def parse_class_table(data: bytes, where: str) -> ClassTable:
    """Read a table of classes from the bytes of a file.

    JSON is a list of classes, or an object with such a list under ``classes``; CSV has the columns ``id``, ``name``
    and ``colour``. A name that is missing becomes ``class ID``, a colour that is missing follows from the id. Colours
    are ``#rrggbb``, in JSON also three numbers.

    Args:
        data: the file's bytes.
        where: what the file is called; its suffix tells CSV from JSON.

    Raises:
        ClassTableError: it is no such table, or two of its classes have one colour.
    """
    table = _parse(data, where)
    check_colours(table, where)
    return table


def check_colours(table: ClassTable, where: str) -> None:
    """Refuse a table that somebody wrote in which classes have one colour: no picture would tell them apart.

    Raises:
        ClassTableError: names the first of them.
    """
    first: dict[Colour, str] = {}
    for one in table.classes:
        other = first.setdefault(one.colour, one.name)
        if other != one.name:
            raise ClassTableError(
                f"{where}: {other!r} and {one.name!r} have the same colour {format_colour(one.colour)}, so no picture "
                "would tell them apart; give each class a colour of its own"
            )


def _parse(data: bytes, where: str) -> ClassTable:
    if len(data) > MAX_TABLE_BYTES:
        raise ClassTableError(f"{where} has more than {MAX_TABLE_BYTES:,} bytes, which no table of 256 classes needs")
    if where.lower().endswith((".csv", ".tsv")):
        try:
            rows = list(read_rows(data, where, needs="id")[1])
        except TaxonomyError as error:
            raise ClassTableError(error.message) from error
        return _table(((f"{where}, line {number}", row) for number, row in rows), where)
    try:
        listed = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ClassTableError(f"{where} is not JSON: {error}") from error
    return class_table_of(listed, where)


def class_table_of(listed: object, where: str) -> ClassTable:
    """Make a table of what JSON holds, see `parse_class_table`.

    Raises:
        ClassTableError: it is no list of classes.
    """
    if isinstance(listed, dict):
        listed = listed.get("classes")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise ClassTableError(f"{where} holds no list of classes; expected [{{id, name, colour}}, ...]")
    return _table(((f"{where}, class {at}", one) for at, one in enumerate(listed, 1)), where)


def write_class_table(table: ClassTable, *, as_csv: bool = False) -> str:
    """Write a table as JSON or CSV, of which `parse_class_table` makes the same table."""
    if not as_csv:
        return json.dumps({"classes": list_classes(table)}, indent=2, ensure_ascii=False) + "\n"
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(list_classes(table))
    return text.getvalue()


def list_classes(table: ClassTable) -> list[dict[str, int | str]]:
    """The classes as JSON holds them."""
    return [{"id": one.id, "name": one.name, "colour": format_colour(one.colour)} for one in table.classes]


def _table(rows: Iterable[tuple[str, Mapping[str, object]]], where: str) -> ClassTable:
    classes = tuple(_class(row, place) for place, row in rows)
    try:
        return ClassTable(classes)
    except ClassTableError as error:
        raise ClassTableError(f"{where}: {error.message}") from error


def _class(row: Mapping[str, object], place: str) -> SegmentationClass:
    unknown = sorted(set(row) - set(_COLUMNS))
    if unknown:
        raise ClassTableError(f"{place} has {', '.join(map(repr, unknown))}; expected {', '.join(_COLUMNS)}")
    number = _id(row.get("id"), place)
    name = row.get("name")
    if name is not None and not isinstance(name, str):
        raise ClassTableError(f"{place} has the name {name!r}, expected text")
    colour = _colour(row.get("colour"), number, place)
    try:
        return SegmentationClass(number, name or f"class {number}", colour)
    except ClassTableError as error:
        raise ClassTableError(f"{place}: {error.message}") from error


def _id(value: object, place: str) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,3}", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ClassTableError(f"{place} has the id {value!r}, expected a whole number from 0 to 255")
    return value


def _colour(value: object, number: int, place: str) -> Colour:
    if value is None:
        return colour_of(number)
    if isinstance(value, str):
        parsed = parse_colour(value)
        if parsed is not None:
            return parsed
    elif isinstance(value, list) and len(value) == 3 and all(type(part) is int for part in value):
        r, g, b = value
        return r, g, b
    raise ClassTableError(f"{place} has the colour {value!r}, expected #rrggbb or three whole numbers")
