"""Labels as a Darwin Core Archive: an occurrence for each image, its identification, and the image as multimedia.

What the terms have no place for stands as JSON in ``dynamicProperties``. A rejected label is no identification: it is
among the ``previousIdentifications``, and ``scientificName`` is empty.
"""

from __future__ import annotations

import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from facies.indexer.archive_descriptor import DESCRIPTOR
from facies.indexer.exchange.labels.columns import IDENTITY, ORIGIN, SAID, SIZE, metadata_cell, to_values
from facies.indexer.exchange.labels.darwin_core_terms import (
    CORE_TERMS,
    MEDIA_TERMS,
    write_descriptor,
    write_metadata,
)
from facies.indexer.exchange.labels.label_row import About, LabelRow, Written
from facies.indexer.exchange.labels.text_tables import TableWriter

_FOSSILS: Final = "microfossils"
_IN_TERMS: Final = frozenset({"image_id", "label", "state", "note", "actor", "created_at"})
PROPERTIES: Final = tuple(name for name in (*IDENTITY, *SIZE, *SAID, *ORIGIN) if name not in _IN_TERMS)
_SHORT: Final = [term.rpartition("/")[2] for term in CORE_TERMS]
_MEDIA: Final = [term.rpartition("/")[2] for term in MEDIA_TERMS]


def write_darwin_core(rows: Iterable[LabelRow], path: Path, about: About) -> Written:
    """Write rows to a zip file, see `facies.indexer.exchange.labels.formats`; multimedia wait in a temporary file."""
    written = Written()
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive,
        tempfile.TemporaryFile() as spool,
    ):
        archive.writestr(DESCRIPTOR, write_descriptor())
        archive.writestr("eml.xml", write_metadata(about.collection, f"{datetime.now(UTC):%Y-%m-%d}"))
        media_text = io.TextIOWrapper(spool, encoding="utf-8", newline="")
        media = TableWriter(media_text)
        media.write(["id", *_MEDIA])
        with (
            archive.open("occurrence.csv", "w", force_zip64=True) as stream,
            io.TextIOWrapper(stream, encoding="utf-8", newline="") as text,
        ):
            table = TableWriter(text)
            table.write(["id", *_SHORT])
            for row in rows:
                written.rows += 1
                terms = _terms(row, about)
                table.write([row.image_id or "", *(terms.get(name, "") for name in _SHORT)])
                media.write([row.image_id or "", "StillImage", "", row.public_uri, row.file])
        media_text.flush()
        spool.seek(0)
        with archive.open("multimedia.csv", "w", force_zip64=True) as stream:
            shutil.copyfileobj(spool, stream)
        media_text.detach()
    return written


def _terms(row: LabelRow, about: About) -> dict[str, str]:
    depth = metadata_cell(row.metadata.get(about.depth)) if about.depth else ""
    properties: dict[str, Any] = {**to_values(row, PROPERTIES), "uri": row.public_uri, "metadata": dict(row.metadata)}
    terms = {
        "occurrenceID": f"urn:uuid:{row.image_id}",
        "basisOfRecord": "FossilSpecimen" if about.preset == _FOSSILS else "MachineObservation",
        "collectionCode": about.collection,
        "minimumDepthInMeters": depth,
        "maximumDepthInMeters": depth,
        "verbatimDepth": f"{depth} m" if depth else "",
        "dynamicProperties": json.dumps(properties, ensure_ascii=False, allow_nan=False),
    }
    if row.label is None:
        return terms
    named = "previousIdentifications" if row.state == "rejected" else "scientificName"
    return terms | {
        named: row.label,
        "identificationQualifier": "?" if row.state == "dubious" else "",
        "identificationVerificationStatus": row.state or "",
        "identifiedBy": row.actor or "",
        "dateIdentified": row.created_at.isoformat() if row.created_at else "",
        "identificationRemarks": row.note or "",
    }
