"""Labels out of a Darwin Core Archive: ours, or any whose core has names and tells which images they are of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

from facies.core.errors import SourceError
from facies.indexer.archive_descriptor import DESCRIPTOR, MAX_BYTES, TableLayout, read_descriptor
from facies.indexer.exchange.labels.archives import open_archive, open_member
from facies.indexer.exchange.labels.columns import from_values
from facies.indexer.exchange.labels.darwin_core import PROPERTIES
from facies.indexer.exchange.labels.darwin_core_terms import DC, DWC, MULTIMEDIA
from facies.indexer.exchange.labels.label_row import STATES, LabelRow, ReadRow, Unread
from facies.indexer.exchange.labels.text_tables import as_text, read_cells

_OURS: Final = "urn:uuid:"
_STATUS: Final[Mapping[str, str]] = {
    **{state: state for state in STATES},
    "verified": "validated",
    "unverified": "dubious",
}


def read_darwin_core(path: Path) -> Iterator[ReadRow | Unread]:
    """Read the occurrences of an archive; a scientific name is a label.

    Raises:
        SourceError: it is no zip file with a descriptor and the tables that this names, or its core has no names.
    """
    with open_archive(path) as archive:
        core, *media = _read_layouts(archive, path.name)
        if not {DWC + "scientificName", DWC + "previousIdentifications"} & core.columns.keys():
            raise SourceError(f"{path.name} has no column scientificName in its core {core.location}, so no labels")
        files = _read_files(archive, media[0]) if media else {}
        for line, cells in _read_rows(archive, core):
            try:
                yield ReadRow(line, _read_occurrence(core, cells, files))
            except ValueError as error:
                yield Unread(line, str(error))


def _read_occurrence(core: TableLayout, cells: list[str], files: Mapping[str, str]) -> LabelRow:
    properties = _read_properties(_value(core, cells, DWC + "dynamicProperties"))
    occurrence = _value(core, cells, DWC + "occurrenceID")
    values: dict[str, Any] = {name: properties.get(name) for name in PROPERTIES}
    if values["sha256"] and occurrence.startswith(_OURS):
        values["image_id"] = occurrence.removeprefix(_OURS)
    media = _value(core, cells, DWC + "associatedMedia").partition("|")[0].strip()
    values["uri"] = values["uri"] or media or files.get(_cell(cells, core.key or 0), "")
    values["actor"] = _value(core, cells, DWC + "identifiedBy")
    values["created_at"] = _value(core, cells, DWC + "dateIdentified")
    values["note"] = _value(core, cells, DWC + "identificationRemarks")
    name = _value(core, cells, DWC + "scientificName")
    status = _value(core, cells, DWC + "identificationVerificationStatus").strip().lower()
    if name:
        if status and status not in _STATUS:
            raise ValueError(
                f"identificationVerificationStatus is {status!r}, expected one of {', '.join(_STATUS)}, or nothing"
            )
        return from_values({**values, "label": name, "state": _STATUS.get(status)})
    if status == "rejected":
        return from_values(
            {**values, "label": _value(core, cells, DWC + "previousIdentifications"), "state": "rejected"}
        )
    return from_values({**values, "actor": None, "created_at": None, "note": None})


def _read_properties(text: str) -> dict[str, Any]:
    """What we wrote there; others may have written anything, which says nothing of labels."""
    try:
        found = json.loads(text) if text.startswith("{") else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _read_files(archive: ZipFile, media: TableLayout) -> dict[str, str]:
    """The first file of each occurrence."""
    files: dict[str, str] = {}
    for _, cells in _read_rows(archive, media):
        name = _value(media, cells, DC + "identifier") or _value(media, cells, DC + "title")
        key = _cell(cells, media.key or 0)
        if key and name:
            files.setdefault(key, name)
    return files


def _read_rows(archive: ZipFile, table: TableLayout) -> Iterator[tuple[int, list[str]]]:
    where = f"{Path(archive.filename or '').name}/{table.location}"
    with open_member(archive, table.location) as stream, as_text(stream) as text:
        for number, row in enumerate(read_cells(text, where, table.delimiter, table.quote)):
            if number >= table.skipped:
                yield row.line, row.cells


def _read_layouts(archive: ZipFile, where: str) -> list[TableLayout]:
    """The core, and the tables of multimedia."""
    if DESCRIPTOR not in archive.namelist():
        raise SourceError(f"{where} is no Darwin Core Archive: it holds no {DESCRIPTOR}")
    with open_member(archive, DESCRIPTOR) as stream:
        layouts = read_descriptor(stream.read(MAX_BYTES + 1), where, MULTIMEDIA)
    for one in layouts:
        if one.encoding not in {"utf-8-sig", "ascii"}:
            raise SourceError(f"{where}/{one.location} is in {one.encoding}, expected UTF-8")
    return layouts


def _value(table: TableLayout, cells: list[str], term: str) -> str:
    """What a row says under a term; empty where it says nothing."""
    return _cell(cells, table.columns.get(term)) or table.constants.get(term, "")


def _cell(cells: list[str], at: int | None) -> str:
    return cells[at] if at is not None and at < len(cells) else ""
