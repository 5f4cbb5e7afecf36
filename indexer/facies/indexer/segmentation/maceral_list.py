"""Lists that say which class each mask file is a layer of, and of which image: CSV or JSON.

CSV has the columns ``file``, ``class`` and, where names do not tell it, ``image``. JSON is an object of file to class,
or a list of objects with the same keys. A class is a name or an id of the class table; macerals and older names of the
groups are known too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from facies.core.errors import LabelsError, TaxonomyError
from facies.core.segmentation import ClassTable
from facies.core.taxonomy.table import read_rows
from facies.indexer.segmentation.mask_file import read_bounded
from facies.models.macerals import find_group

_LONGEST, _MOST_NAMED = 60, 5
"""Characters of what a list holds, and keys of an entry, that a message repeats."""
_KEYS = {"file", "class", "image"}


class ListedLayer(NamedTuple):
    """A mask file by name, the class index that it is a layer of, and the image where the list names one."""

    file: str
    class_index: int
    image: str | None = None


def read_file_list(path: Path, table: ClassTable) -> tuple[ListedLayer, ...]:
    """Read a list of mask files; ``.csv`` and ``.tsv`` are tables, anything else is JSON.

    Raises:
        MaskError: the file cannot be read.
        LabelsError: it is no such list, or names classes that the table lacks; everything found is listed.
    """
    data = read_bounded(path)
    rows = _read_table(data, path.name) if path.suffix.lower() in {".csv", ".tsv"} else _read_json(data, path.name)
    findings: list[str] = []
    layers: list[ListedLayer] = []
    first: dict[str, str] = {}
    for place, row in rows:
        fault = _fault(row) or (
            f"names {_short(row['file'])} again, as {first[row['file']]}" if row["file"] in first else ""
        )
        index = None if fault else _find_class(row["class"], table)
        if fault:
            findings.append(f"{place} {fault}")
        elif index is None:
            findings.append(f"{place} has the class {_short(row['class'])}, which the table of classes lacks")
        else:
            first[row["file"]] = place
            layers.append(ListedLayer(row["file"], index, row.get("image")))
    if findings or not layers:
        known = ", ".join(f"{one.id} ({one.name})" for one in table.classes)
        remedy = f"Each line needs a file and a class, the classes being {known}."
        raise LabelsError(path.name, findings or ["it lists no files"], remedy)
    return tuple(layers)


def _read_table(data: bytes, where: str) -> Sequence[tuple[str, Mapping[str, str]]]:
    try:
        return [(f"line {number}", row) for number, row in read_rows(data, where, needs="file")[1]]
    except TaxonomyError as error:
        raise LabelsError(where, [error.message]) from error


def _read_json(data: bytes, where: str) -> Sequence[tuple[str, Mapping[str, str]]]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise LabelsError(where, [f"it is not JSON: {error}"]) from error
    if isinstance(content, dict):
        content = [{"file": file, "class": name} for file, name in content.items()]
    if not isinstance(content, list) or not all(isinstance(one, dict) for one in content):
        raise LabelsError(where, ["it is no object of file to class, and no list of {file, class, image}"])
    return [
        (f"entry {at}", {key: value if isinstance(value, str) else json.dumps(value) for key, value in one.items()})
        for at, one in enumerate(content, 1)
    ]


def _fault(row: Mapping[str, str]) -> str:
    lacking = [key for key in ("file", "class") if not row.get(key)]
    if lacking:
        return f"has no {' and no '.join(lacking)}"
    if Path(row["file"]).name != row["file"] or row["file"] in {".", ".."}:
        return f"names {_short(row['file'])}, expected the name of a file in the folder of masks, without folders"
    unknown = sorted(set(row) - _KEYS)
    return f"has {', '.join(map(_short, unknown[:_MOST_NAMED]))}, which mean nothing here" if unknown else ""


def _find_class(word: str, table: ClassTable) -> int | None:
    index = table.find(word)
    if index is None and (group := find_group(word)) is not None:
        index = table.find(group)
    return index


def _short(text: str) -> str:
    return repr(text) if len(text) <= _LONGEST else f"{text[:_LONGEST]!r}..."
