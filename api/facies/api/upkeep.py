"""What may be wrong with the files of a collection, and how full the disk is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from facies.api.service import Service
from facies.core.errors import StorageError
from facies.core.jobs import Job
from facies.core.wire_upkeep import (
    BadFileOut,
    BadFilesOut,
    FolderOut,
    MissingOriginalOut,
    MissingOriginalsOut,
    StorageOut,
)
from facies.indexer.originals import ZIP_SCHEME, is_url, split_zip_uri

MOST_LISTED: Final = 1_000
_JOBS_AT_ONCE: Final = 200
_CATALOG: Final = "catalog.sqlite"
_PARTS: Final = ("vectors", "thumbnails", "uploads", "drawings", "jobs", "weights", "segmentation", "logs")


def list_bad_files(service: Service, name: str) -> BadFilesOut:
    """Files that jobs could not read, the latest first.

    A job that looked at the same source again to its end, or made the same vector, has the last word: what it does not
    list has been mended, or is gone.

    Raises:
        CollectionNotFoundError: no collection of this name.
    """
    found: dict[str, BadFileOut] = {}
    settled: set[tuple[str, str]] = set()
    jobs = 0
    for job in _reading_jobs(service, name):
        jobs += 1
        result: Any = job.result
        work = (job.kind, str(job.parameters.get("path") or (result or {}).get("vector")))
        if result is None or work in settled:
            continue
        if job.state == "done":
            settled.add(work)
        for failure in result.get("failures", ()):
            bad = BadFileOut(
                path=failure["path"], reason=failure["reason"], job=job.id, kind=job.kind, at=job.finished_at
            )
            found.setdefault(bad.path, bad)
    return BadFilesOut(collection=name, jobs=jobs, files=list(found.values()))


def find_missing_originals(service: Service, name: str) -> MissingOriginalsOut:
    """Look for the original of every image, where that is on a disk of this machine.

    Raises:
        CollectionNotFoundError: no collection of this name.
    """
    service.workspace.catalog.collection(name)
    looked_at = elsewhere = missing = 0
    shown: list[MissingOriginalOut] = []
    there: dict[str, bool] = {}
    for record in service.workspace.catalog.iter_images(name):
        place = split_zip_uri(record.uri)[0] if record.uri.startswith(ZIP_SCHEME) else record.uri
        if is_url(place):
            elsewhere += 1
            continue
        looked_at += 1
        if place != record.uri and place not in there:  # an archive holds many
            there[place] = Path(place).exists()
        if there.get(place) or (place not in there and Path(place).exists()):
            continue
        missing += 1
        if len(shown) < MOST_LISTED:
            shown.append(MissingOriginalOut(id=record.id, label=record.label, path=record.uri))
    return MissingOriginalsOut(collection=name, looked_at=looked_at, elsewhere=elsewhere, missing=missing, images=shown)


def measure_storage(service: Service) -> StorageOut:
    """What the parts of the data folder take on the disk, and what is free there.

    Raises:
        StorageError: the folder cannot be read.
    """
    root = service.settings.data_dir
    try:
        disk = shutil.disk_usage(root)
    except OSError as error:
        raise StorageError(root, error.strerror or str(error)) from error
    parts = [_measure(name, [root / name]) for name in _PARTS]
    parts.append(_measure("catalogue", sorted(root.glob(f"{_CATALOG}*"))))
    return StorageOut(
        data_dir=str(root.absolute()),
        total_bytes=disk.total,
        free_bytes=disk.free,
        parts=sorted((part for part in parts if part.files), key=lambda part: -part.bytes),
    )


def _reading_jobs(service: Service, name: str) -> Iterator[Job]:
    """The jobs that read files for a collection, the newest first; those of an earlier one of its name are left out."""
    record = service.workspace.catalog.collection(name)
    after: str | None = None
    while True:
        page = service.workspace.catalog.jobs(
            kinds=["index", "add-model"], collection=name, after=after, limit=_JOBS_AT_ONCE
        )
        # An index job makes the collection that it fills, and is then older.
        yield from (job for job in page if (job.finished_at or job.created_at) >= record.created_at)
        if len(page) < _JOBS_AT_ONCE:
            return
        after = page[-1].id


def _measure(name: str, places: list[Path]) -> FolderOut:
    files = size = 0
    for place in places:
        for path in _files(place):
            with suppress(FileNotFoundError):  # it may go meanwhile
                files, size = files + 1, size + path.stat().st_blocks * 512
    return FolderOut(name=name, files=files, bytes=size)


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
        return
    for folder, _, names in os.walk(place):
        yield from (Path(folder) / name for name in names)
