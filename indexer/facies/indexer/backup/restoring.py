"""Restoring a backup into an empty data folder.

All of it is unpacked beside what will be there, in a folder of its own, and checked: every member against the list of
hashes, the catalogue and the vectors by opening them. Then it is moved into place. A kill before that leaves a folder
that the next restore clears away; a kill between the moves leaves one that the next restore of the same file finishes.
Until then nothing else opens the data (see `facies.core.workspace`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from facies.core.catalog import Catalog, open_catalog
from facies.core.errors import ConfigurationError, FaciesError, SourceError, StorageError, StoreLockedError
from facies.core.flushing import flush
from facies.core.folders import make_folder
from facies.core.settings import Settings, StoreSettings
from facies.core.store import open_store
from facies.core.store.lock import LOCK_NAME, FolderLock
from facies.core.workspace import RESTORING
from facies.indexer.backup.making import OnMember
from facies.indexer.backup.members import (
    CATALOG_NAME,
    FOLDERS,
    HEADER_NAME,
    SUMS_NAME,
    WEIGHTS,
    Header,
    sums_line,
)
from facies.indexer.backup.reading import Members, compare_sums, hashed
from facies.indexer.backup.sparse import write_sparse
from facies.indexer.backup.streams import open_to_read

_READY: Final = ".ready"
"""In the folder beside: everything is unpacked and checked; holds the id of the backup."""


@dataclass(slots=True)
class RestoredCollection:
    """A collection of a restored data folder: its images, and the points that its vectors have."""

    name: str
    images: int
    points: int | None


@dataclass(slots=True)
class RestoreReport:
    """What was restored.

    Attributes:
        data_dir: where.
        created_at: when the backup was made.
        members: files in it.
        collections: each with its counts; points is None where the backup holds no vectors, or they do not open.
        notes: what a person should know.
        seconds: how long it took.
    """

    data_dir: str
    created_at: str = ""
    members: int = 0
    collections: list[RestoredCollection] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


def restore_backup(settings: Settings, file: Path, *, on_member: OnMember | None = None) -> RestoreReport:
    """Restore a backup into the data folder of the settings, which must hold no data.

    Raises:
        ConfigurationError: the data folder holds data, or the settings keep the catalogue elsewhere.
        SourceError: the file is no whole, unchanged backup; nothing was restored.
        CatalogError: its catalogue is damaged, or newer than this facies; nothing was restored.
        StorageError: the disk is full, or the folder cannot be written; nothing was restored.
    """
    started = time.monotonic()
    if settings.catalog.url is not None:
        raise ConfigurationError(
            "a restore puts the catalogue into the data folder, but FACIES_CATALOG__URL names another place; leave it "
            "unset for the restore"
        )
    data_dir = settings.data_dir.absolute()
    make_folder(data_dir)
    report = RestoreReport(str(data_dir))
    with _writing(data_dir), _held(data_dir / RESTORING) as beside, open_to_read(file) as stream:
        members = Members(stream, str(file))
        header = members.header()
        report.created_at = header.created_at
        if _was_ready(beside, header, data_dir):
            report.notes.append("an earlier restore of this file was killed at its very end; it is finished now")
        else:
            try:
                _check_free(data_dir)
                _unpack(members, beside, report, on_member)
                _mend(header, data_dir, beside, settings.store, report)
                os.sync()  # once, in place of once a file
                (beside / _READY).write_text(header.id, encoding="ascii")
                flush(beside)
            except BaseException:
                _clear(beside)
                raise
        _move(beside, data_dir, report)
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _check_free(data_dir: Path) -> None:
    held = [name for name in (*FOLDERS, CATALOG_NAME) if (data_dir / name).exists()]
    if held:
        raise ConfigurationError(
            f"{data_dir} holds data already ({', '.join(held)}), and a restore overwrites nothing. Set "
            "FACIES_DATA_DIR to a new or empty folder, or move these away first."
        )


@contextmanager
def _writing(data_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:  # reading has errors of its own, see `Members`
        raise StorageError(data_dir, error.strerror or str(error)) from error


@contextmanager
def _held(beside: Path) -> Iterator[Path]:
    """Hold the folder beside against another restore; it goes away once it has nothing in it."""
    try:
        lock = FolderLock(beside)
    except StoreLockedError as error:
        raise ConfigurationError(f"another restore into {beside.parent} is under way; wait until it ends") from error
    try:
        yield beside
    finally:
        if {one.name for one in beside.iterdir()} == {LOCK_NAME}:
            shutil.rmtree(beside)
        lock.release()


def _was_ready(beside: Path, header: Header, data_dir: Path) -> bool:
    """Whether an earlier restore of the same file was killed between its moves; what else it left is cleared away."""
    ready = beside / _READY
    if not ready.exists():
        _clear(beside)
        return False
    if ready.read_text(encoding="ascii") != header.id:
        raise ConfigurationError(
            f"a restore of another file into {data_dir} was killed while it moved the data into place; restore that "
            "file again, which finishes it, or set FACIES_DATA_DIR to another folder"
        )
    return True


def _clear(beside: Path) -> None:
    for one in beside.iterdir():
        if one.name == LOCK_NAME:
            continue
        if one.is_dir():
            shutil.rmtree(one)
        else:
            one.unlink()


def _unpack(members: Members, beside: Path, report: RestoreReport, on_member: OnMember | None) -> None:
    """Write every member, then compare the hashes of what came with the list at the end."""
    size = 0
    with TemporaryFile(dir=beside) as sums:
        sums.write(sums_line(hashlib.sha256(members.first).hexdigest(), HEADER_NAME).encode())
        for info in members.rest():
            if info.name == SUMS_NAME:
                compare_sums(members, info, sums)
                report.members += 1  # the header, which is checked with the others
                return
            path = beside / info.name
            if info.isdir():
                path.mkdir(parents=True, exist_ok=True)
                continue
            digest = hashlib.sha256()
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                write_sparse(path, hashed(members.pieces(info), digest.update))
            except FileExistsError as error:
                raise SourceError(f"the backup holds {info.name} twice; nothing was restored") from error
            sums.write(sums_line(digest.hexdigest(), info.name).encode())
            report.members += 1
            size += info.size
            if on_member is not None:
                on_member(report.members, size)
    raise SourceError(f"the backup is cut off: it lacks {SUMS_NAME}, its last member; nothing was restored")


def _mend(header: Header, data_dir: Path, beside: Path, store: StoreSettings, report: RestoreReport) -> None:
    """Open what was unpacked: bring it to this release, and let uploads lie where they will lie."""
    catalog = open_catalog(f"sqlite:///{beside / CATALOG_NAME}")
    try:
        catalog.move_uris(f"{header.data_dir}/uploads", f"{data_dir}/uploads")
        counts = {record.name: catalog.count(record.name) for record in catalog.collections()}
        _end_jobs(catalog, report)
    finally:
        catalog.close()
    points = _count_points(beside / "vectors", store, report) if (beside / "vectors").is_dir() else {}
    report.collections = [RestoredCollection(name, count, points.get(name)) for name, count in counts.items()]
    if not header.has_vectors:
        report.notes.append("the backup holds no vectors: they were on a Qdrant server, and are if it still has them")


def _end_jobs(catalog: Catalog, report: RestoreReport) -> None:
    """Cancel jobs that waited or ran when the backup was made: none is to begin unasked, on another machine perhaps."""
    catalog.take_back_jobs_of("")  # whoever ran them did so in another place
    ended = 0
    while waiting := catalog.jobs(states=("queued",)):
        for job in waiting:
            catalog.cancel_job(job.id)
        ended += len(waiting)
    if ended:
        report.notes.append(
            f"{ended} {'job' if ended == 1 else 'jobs'} that waited or ran when the backup was made "
            f"{'was' if ended == 1 else 'were'} cancelled; `facies jobs retry ID` begins one again where it needs none "
            "of its files, which are in no backup"
        )


def _count_points(vectors: Path, settings: StoreSettings, report: RestoreReport) -> dict[str, int]:
    store = open_store(settings.model_copy(update={"backend": "edge"}), vectors)
    found: dict[str, int] = {}
    try:
        for name in store.collections():
            try:
                found[name] = store.count(name)
            except FaciesError as error:  # the catalogue is worth having even so
                report.notes.append(f"the vectors of {name} do not open; index its images again ({error.message})")
    finally:
        store.close()
    return found


def _move(beside: Path, data_dir: Path, report: RestoreReport) -> None:
    """Move everything into place, the catalogue last; a kill in between is made good by the next restore."""
    own = {LOCK_NAME, _READY}
    names = sorted((one.name for one in beside.iterdir() if one.name not in own), key=lambda n: (n == CATALOG_NAME, n))
    for name in names:
        if name == WEIGHTS and (data_dir / WEIGHTS).exists():
            report.notes.append(f"{data_dir / WEIGHTS} is there already; the backup's checkpoints were left out")
            shutil.rmtree(beside / WEIGHTS)
        elif name.startswith((*FOLDERS, WEIGHTS, CATALOG_NAME)) and not name.endswith(".lock"):
            (beside / name).replace(data_dir / name)
    flush(data_dir)
    _clear(beside)
