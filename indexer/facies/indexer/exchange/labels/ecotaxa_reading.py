"""Labels out of the tables of EcoTaxa: ours, those of its import guide, and those that it exports."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from facies.core.errors import SourceError
from facies.indexer.exchange.labels.archives import open_archive, open_member
from facies.indexer.exchange.labels.columns import from_values
from facies.indexer.exchange.labels.ecotaxa import NUMBERS, REJECTED, STATUS, TEXTS
from facies.indexer.exchange.labels.label_row import STATES, LabelRow, ReadRow, Unread
from facies.indexer.exchange.labels.text_tables import (
    TextRow,
    as_text,
    check_names,
    explain_length,
    open_text,
    read_cells,
    read_header,
)

_LETTERS: Final = {"v": "validated", "p": "predicted", "d": "dubious"}


def read_ecotaxa(path: Path) -> Iterator[ReadRow | Unread]:
    """Read a table, or the tables ``ecotaxa*.tsv`` (or ``.txt``) of a zip file.

    Raises:
        SourceError: it is no such table, or no zip file with one.
    """
    if not zipfile.is_zipfile(path) and path.suffix != ".zip":
        with open_text(path) as text:
            yield from _read_table(text, path.name)
        return
    with open_archive(path) as archive:
        names = [name for name in sorted(archive.namelist()) if is_table(name)]
        if not names:
            raise SourceError(f"{path.name} holds no table whose name begins with ecotaxa and ends in .tsv or .txt")
        for name in names:
            with open_member(archive, name) as stream, as_text(stream) as text:
                yield from _read_table(text, f"{path.name}/{name}")


def is_table(name: str) -> bool:
    """Whether a member of a zip file is a table by its name.

    >>> is_table("cruise/ecotaxa_1.tsv"), is_table("notes.txt")
    (True, False)
    """
    return PurePosixPath(name).name.lower().startswith("ecotaxa") and name.lower().endswith((".tsv", ".txt"))


def _read_table(text: IO[str], where: str) -> Iterator[ReadRow | Unread]:
    rows = read_cells(text, where, "\t")
    names = [name.lower() for name in read_header(rows, where)]
    check_names(names, where)
    lacking = [name for name in ("object_id", "object_annotation_category") if name not in names]
    if lacking:
        raise SourceError(
            f"{where} is no table of EcoTaxa: it lacks the column {' and '.join(lacking)}. Its columns are "
            f"{', '.join(names[:12])}"
        )
    for number, found in enumerate(rows):
        if number == 0 and _holds_types(found):
            continue
        reason = explain_length(found.cells, names)
        if reason is not None:
            yield Unread(found.line, reason)
            continue
        try:
            yield ReadRow(found.line, _read_object(dict(zip(names, found.cells, strict=True))))
        except ValueError as error:
            yield Unread(found.line, str(error))


def _holds_types(found: TextRow) -> bool:
    return {cell.strip().lower() for cell in found.cells} <= {"[t]", "[f]"}


def _read_object(cells: Mapping[str, str]) -> LabelRow:
    values: dict[str, Any] = {name: cells.get(f"object_{name}") for name in (*TEXTS, *NUMBERS)}
    if values["sha256"] and values["source"] is not None:  # one of ours: ids of others may be anything
        values["image_id"] = cells["object_id"]
    values["uri"] = values["uri"] or PurePosixPath(cells.get("img_file_name", "")).name
    values["actor"] = values["actor"] or cells.get("object_annotation_person_name")
    values["created_at"] = _read_moment(cells)
    status = cells.get("object_annotation_status", "").strip().lower()
    if cells.get(REJECTED):
        return from_values({**values, "label": cells[REJECTED], "state": "rejected"})
    category = cells["object_annotation_category"]
    if not category:
        return from_values(values)  # not classified yet
    status = _LETTERS.get(status, status)
    if status and status not in STATUS:
        raise ValueError(
            f"object_annotation_status is {status!r}, expected one of {', '.join(STATUS)}, or their first letters"
        )
    return from_values({**values, "label": category, "state": STATES.get(status)})


def _read_moment(cells: Mapping[str, str]) -> datetime | None:
    date = cells.get("object_annotation_date", "").strip()
    if not date:
        return None
    time = cells.get("object_annotation_time", "").strip() or "0"
    try:
        return datetime.strptime(f"{date} {time.zfill(6)}", "%Y%m%d %H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise ValueError(
            f"object_annotation_date and _time are {date!r} and {time!r}, expected digits such as 20260501 and 120000"
        ) from error
