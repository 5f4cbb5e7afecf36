"""Labels as EcoTaxa reads and writes them: a table with tabs, two header lines, and the images beside it in a zip file.

Names of columns begin with what they are about: ``object_``, ``sample_``, ``acq_``, ``process_``, ``img_``. The second
line says of each whether it holds numbers, ``[f]``, or text, ``[t]``; files that EcoTaxa exports lack it. Columns that
it does not know are kept by it as free ones, at most 20 of text and 500 of numbers.

Source: the import guide of EcoTaxa, https://ecotaxa.obs-vlfr.fr (Create project, import), as of 2026.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC
from pathlib import Path
from typing import IO, Final

from facies.indexer.exchange.labels.columns import metadata_cell, to_cells
from facies.indexer.exchange.labels.label_row import About, LabelRow, LeftOut, Written
from facies.indexer.exchange.labels.pictures import COMMON, read_picture
from facies.indexer.exchange.labels.safe_names import Names
from facies.indexer.exchange.labels.text_tables import TableWriter

MAX_TEXTS: Final = 20
"""Free columns of text that an object may have in EcoTaxa."""
STATUS: Final = {"validated": "validated", "predicted": "predicted", "dubious": "dubious"}
REJECTED: Final = "object_rejected"
NUMBERS: Final = ("page", "width", "height", "confidence", "novelty", "batch", "k", "threshold")
TEXTS: Final = ("sha256", "uri", "neighbours", "note", "source", "actor", "verified", "model", "recipe")
_KNOWN: Final[Mapping[str, str]] = {
    "img_file_name": "[t]",
    "img_rank": "[f]",
    "object_id": "[t]",
    "object_depth_min": "[f]",
    "object_depth_max": "[f]",
    "object_annotation_category": "[t]",
    "object_annotation_status": "[t]",
    "object_annotation_person_name": "[t]",
    "object_annotation_person_email": "[t]",
    "object_annotation_date": "[t]",
    "object_annotation_time": "[t]",
    "sample_id": "[t]",
    "acq_id": "[t]",
    "process_id": "[t]",
}


def write_ecotaxa(rows: Iterable[LabelRow], path: Path, about: About) -> Written:
    """Write rows to a zip file, or to a table alone, see `facies.indexer.exchange.labels.formats`."""
    written = Written()
    if about.table_only:
        with path.open("w", encoding="utf-8", newline="") as text:
            _write_table(rows, text, about, written, None)
        return written
    spool = path.with_name(f"{path.name}.table")
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
            with spool.open("w", encoding="utf-8", newline="") as text:
                _write_table(rows, text, about, written, archive if about.pictures else None)
            archive.write(spool, f"ecotaxa_{_column(about.collection)}.tsv")
    finally:
        spool.unlink(missing_ok=True)
    return written


def _write_table(
    rows: Iterable[LabelRow], text: IO[str], about: About, written: Written, archive: zipfile.ZipFile | None
) -> None:
    fields = _fit_fields(about, written)
    table = TableWriter(text, "\t")
    free = {REJECTED: "[t]"} | {f"object_{name}": "[t]" for name in TEXTS}
    free |= {f"object_{name}": "[f]" for name in NUMBERS} | dict(fields.values())
    types = {**_KNOWN, **free}
    table.write(types)
    table.write(types.values())
    names = Names()
    for row in rows:
        written.rows += 1
        file_name = _put(row, archive, names, about, written) if archive is not None else row.file
        cells = {
            "img_file_name": file_name,
            "img_rank": "1",
            **_object_cells(row, about),
            **{f"object_{name}": cell for name, cell in to_cells(row, (*TEXTS, *NUMBERS)).items()},
            "object_uri": row.public_uri,
            **{column: metadata_cell(row.metadata.get(name)) for name, (column, _) in fields.items()},
        }
        table.write([cells.get(column, "") for column in types])


def _object_cells(row: LabelRow, about: About) -> dict[str, str]:
    depth = metadata_cell(row.metadata.get(about.depth)) if about.depth else ""
    sample = metadata_cell(row.metadata.get("well")) or about.collection
    acquisition = metadata_cell(row.metadata.get("slide")) or sample
    cells = {
        "object_id": row.image_id or "",
        "object_depth_min": depth,
        "object_depth_max": depth,
        "sample_id": sample,
        "acq_id": acquisition,
        "process_id": acquisition,
    }
    if row.label is None:
        return cells
    if row.state == "rejected":
        cells[REJECTED] = row.label
    else:
        cells |= {"object_annotation_category": row.label, "object_annotation_status": STATUS.get(row.state or "", "")}
    if row.actor is not None:
        cells["object_annotation_person_name"] = row.actor
        cells["object_annotation_person_email"] = row.actor if "@" in row.actor else ""
    if row.created_at is not None:
        moment = row.created_at.astimezone(UTC)
        cells["object_annotation_date"] = f"{moment.year:04d}{moment:%m%d}"
        cells["object_annotation_time"] = f"{moment:%H%M%S}"
    return cells


def _fit_fields(about: About, written: Written) -> dict[str, tuple[str, str]]:
    """Give metadata fields free columns, as many of text as there is room for; gives column and type by field."""
    taken = {*_KNOWN, REJECTED, *(f"object_{name}" for name in (*TEXTS, *NUMBERS))}
    room = MAX_TEXTS - 1 - len(TEXTS)
    fields: dict[str, tuple[str, str]] = {}
    for name, kind in about.fields.items():
        if kind == "keyword" and room == 0:
            written.notes.append(f"field {name!r} was left out: EcoTaxa takes {MAX_TEXTS} free columns of text")
            continue
        room -= kind == "keyword"
        column = f"object_{_column(name)}"
        while column in taken:
            column += "_"
        taken.add(column)
        fields[name] = (column, "[t]" if kind == "keyword" else "[f]")
    return fields


def _column(name: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "_", name.lower())


def _put(row: LabelRow, archive: zipfile.ZipFile, names: Names, about: About, written: Written) -> str:
    picture = read_picture(row, about, COMMON)
    if isinstance(picture, str):
        written.left_out.append(LeftOut(row.uri or "", picture))
        return row.file
    name = names.give(picture.name, row.image_id)
    archive.writestr(zipfile.ZipInfo(f"images/{name}"), picture.data)
    written.pictures += 1
    return f"images/{name}"
