"""Labels out of a Darwin Core Archive: ours, or any whose core has names and tells which images they are of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError
from zipfile import ZipFile

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from facies.core.errors import SourceError
from facies.indexer.exchange.labels.archives import open_archive, open_member
from facies.indexer.exchange.labels.columns import from_values
from facies.indexer.exchange.labels.darwin_core import PROPERTIES
from facies.indexer.exchange.labels.darwin_core_terms import DC, DWC, MULTIMEDIA, TEXT
from facies.indexer.exchange.labels.label_row import STATES, LabelRow, ReadRow, Unread
from facies.indexer.exchange.labels.text_tables import as_text, read_cells

DESCRIPTOR: Final = "meta.xml"
_DESCRIPTOR_BYTES: Final = 2**20
_OURS: Final = "urn:uuid:"
_ESCAPES: Final = {"\\t": "\t", "\\n": "\n", "\\r": "\r"}
_STATUS: Final[Mapping[str, str]] = {
    **{state: state for state in STATES},
    "verified": "validated",
    "unverified": "dubious",
}


@dataclass(frozen=True, slots=True)
class _Table:
    """How a table of the archive is written.

    Attributes:
        location: name of the member.
        delimiter: between cells.
        quote: around cells; empty for none.
        skip: lines before the first row.
        key: column of the id that joins the tables.
        columns: by term.
        fixed: values of terms that are the same for all rows.
    """

    location: str
    delimiter: str
    quote: str
    skip: int
    key: int
    columns: Mapping[str, int]
    fixed: Mapping[str, str]

    def value(self, cells: list[str], term: str) -> str:
        """What a row says under a term; empty where it says nothing."""
        at = self.columns.get(term)
        found = cells[at] if at is not None and at < len(cells) else ""
        return found or self.fixed.get(term, "")


def read_darwin_core(path: Path) -> Iterator[ReadRow | Unread]:
    """Read the occurrences of an archive; a scientific name is a label.

    Raises:
        SourceError: it is no zip file with a descriptor and the tables that this names, or its core has no names.
    """
    with open_archive(path) as archive:
        core, media = _read_descriptor(archive, path.name)
        if not {DWC + "scientificName", DWC + "previousIdentifications"} & core.columns.keys():
            raise SourceError(f"{path.name} has no column scientificName in its core {core.location}, so no labels")
        files = _read_files(archive, media) if media is not None else {}
        for line, cells in _read_rows(archive, core):
            try:
                yield ReadRow(line, _read_occurrence(core, cells, files))
            except ValueError as error:
                yield Unread(line, str(error))


def _read_occurrence(core: _Table, cells: list[str], files: Mapping[str, str]) -> LabelRow:
    properties = _read_properties(core.value(cells, DWC + "dynamicProperties"))
    occurrence = core.value(cells, DWC + "occurrenceID")
    values: dict[str, Any] = {name: properties.get(name) for name in PROPERTIES}
    if values["sha256"] and occurrence.startswith(_OURS):
        values["image_id"] = occurrence.removeprefix(_OURS)
    key = cells[core.key] if core.key < len(cells) else ""
    media = core.value(cells, DWC + "associatedMedia").partition("|")[0].strip()
    values["uri"] = values["uri"] or media or files.get(key, "")
    values["actor"] = core.value(cells, DWC + "identifiedBy")
    values["created_at"] = core.value(cells, DWC + "dateIdentified")
    values["note"] = core.value(cells, DWC + "identificationRemarks")
    name = core.value(cells, DWC + "scientificName")
    status = core.value(cells, DWC + "identificationVerificationStatus").strip().lower()
    if name:
        if status and status not in _STATUS:
            raise ValueError(
                f"identificationVerificationStatus is {status!r}, expected one of {', '.join(_STATUS)}, or nothing"
            )
        return from_values({**values, "label": name, "state": _STATUS.get(status)})
    if status == "rejected":
        return from_values({**values, "label": core.value(cells, DWC + "previousIdentifications"), "state": "rejected"})
    return from_values({**values, "actor": None, "created_at": None, "note": None})


def _read_properties(text: str) -> dict[str, Any]:
    """What we wrote there; others may have written anything, which says nothing of labels."""
    try:
        found = json.loads(text) if text.startswith("{") else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _read_files(archive: ZipFile, media: _Table) -> dict[str, str]:
    """The first file of each occurrence."""
    files: dict[str, str] = {}
    for _, cells in _read_rows(archive, media):
        name = media.value(cells, DC + "identifier") or media.value(cells, DC + "title")
        if media.key < len(cells) and name:
            files.setdefault(cells[media.key], name)
    return files


def _read_rows(archive: ZipFile, table: _Table) -> Iterator[tuple[int, list[str]]]:
    where = f"{Path(archive.filename or '').name}/{table.location}"
    with open_member(archive, table.location) as stream, as_text(stream) as text:
        for number, row in enumerate(read_cells(text, where, table.delimiter, table.quote)):
            if number >= table.skip:
                yield row.line, row.cells


def _read_descriptor(archive: ZipFile, where: str) -> tuple[_Table, _Table | None]:
    if DESCRIPTOR not in archive.namelist():
        raise SourceError(f"{where} is no Darwin Core Archive: it holds no {DESCRIPTOR}")
    with open_member(archive, DESCRIPTOR) as stream:
        data = stream.read(_DESCRIPTOR_BYTES + 1)
    try:
        if len(data) > _DESCRIPTOR_BYTES:
            raise ValueError(f"more than {_DESCRIPTOR_BYTES:,} bytes")
        root: Element = fromstring(data)
        core = root.find(f"{{{TEXT}}}core")
        if core is None:
            raise ValueError("there is no core")
        extensions = root.findall(f"{{{TEXT}}}extension")
        media = next((one for one in extensions if one.get("rowType") == MULTIMEDIA), None)
        return _read_table(core, "id"), None if media is None else _read_table(media, "coreid")
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise SourceError(f"{where}/{DESCRIPTOR} describes no archive: {error}") from error


def _read_table(element: Element, key: str) -> _Table:
    location = (element.findtext(f"{{{TEXT}}}files/{{{TEXT}}}location") or "").strip()
    path = PurePosixPath(location)
    if not location or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{location!r} is no place of a table in the archive")
    encoding = element.get("encoding") or "UTF-8"
    if encoding.lower().replace("-", "") not in {"utf8", "ascii", "usascii"}:
        raise ValueError(f"{location} is in {encoding}, expected UTF-8")
    columns: dict[str, int] = {}
    fixed: dict[str, str] = {}
    for field in element.findall(f"{{{TEXT}}}field"):
        term, index = field.get("term") or "", field.get("index")
        if index is not None:
            columns[term] = _count(index)
        if field.get("default"):
            fixed[term] = str(field.get("default"))
    found = element.find(f"{{{TEXT}}}{key}")
    delimiter = element.get("fieldsTerminatedBy") or ","
    delimiter = _ESCAPES.get(delimiter, delimiter)
    quote = element.get("fieldsEnclosedBy", '"')
    if len(delimiter) != 1 or len(quote) > 1:
        raise ValueError(f"{location} parts its cells by {delimiter!r} and {quote!r}, expected single characters")
    skip = _count(element.get("ignoreHeaderLines") or "0")
    return _Table(
        location, delimiter, quote, skip, _count(found.get("index") if found is not None else "0"), columns, fixed
    )


def _count(text: str | None) -> int:
    if text is None or not text.isdecimal():
        raise ValueError(f"{text!r} is no number of a column or line")
    return int(text)
