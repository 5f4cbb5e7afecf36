"""Making a backup: catalogue, vectors, thumbnails, uploads and drawings into one tar file."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self, TypeAlias
from uuid import uuid4

from facies.core.errors import ConfigurationError, SourceError
from facies.core.new_files import check_target, clear_parts, new_file
from facies.core.settings import Settings
from facies.core.store import CopyableStore
from facies.core.workspace import Workspace
from facies.indexer.backup.members import (
    CATALOG_NAME,
    FOLDERS,
    HEADER_NAME,
    SUMS_NAME,
    VECTORS,
    WEIGHTS,
    Header,
    is_made_anew,
    is_plain,
    sums_line,
    write_header,
)
from facies.indexer.backup.sparse import Pieces, find_extents, read_extents, sparse_map
from facies.indexer.backup.streams import forget_members, open_to_write
from facies.indexer.originals import explain
from facies.indexer.sole_use import open_alone

SUFFIXES: Final = (".tar.zst", ".tar")
_PART: Final = ".part-"
_SPOOL_BYTES: Final = 8 * 2**20

OnMember: TypeAlias = Callable[[int, int], None]
"""Told how many members, and how many bytes of them, are done."""


@dataclass(slots=True)
class BackupReport:
    """What a backup holds.

    Attributes:
        file: where it lies.
        file_bytes: its size.
        members: files in it.
        content_bytes: their size, holes included.
        collections: how many collections.
        images: how many images in all of them.
        notes: what a person should know, such as what is not in it.
        seconds: how long it took.
    """

    file: str
    file_bytes: int = 0
    members: int = 0
    content_bytes: int = 0
    collections: int = 0
    images: int = 0
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


def make_backup(
    settings: Settings, target: Path, *, weights: bool = False, on_member: OnMember | None = None
) -> BackupReport:
    """Write everything of the data folder that is not remade for free into one file.

    The store is held meanwhile, so nobody indexes; the catalogue is copied at one moment, before the files that its
    rows refer to.

    Args:
        settings: which data, and where they lie.
        target: a new file ``*.tar.zst`` or ``*.tar``.
        weights: whether downloaded checkpoints go with it.
        on_member: told after each file.

    Raises:
        ConfigurationError: the target does not fit, there is no data, or the catalogue is no SQLite file.
        StoreLockedError: another process holds the embedded store.
        StorageError: the disk is full, or a file cannot be read; nothing is left behind.
    """
    _check(settings, target)
    with open_alone(settings, "a backup") as workspace:
        workspace.store.flush()
        return _make(settings, workspace, target, is_live=False, weights=weights, on_member=on_member)


def make_live_backup(
    settings: Settings,
    workspace: Workspace,
    target: Path,
    *,
    weights: bool = False,
    replaces: bool = False,
    on_member: OnMember | None = None,
) -> BackupReport:
    """Do the same with data that are open, and go on to be searched and written.

    Vectors and catalogue are copied beside the target first, as at one moment; that takes the space of the vectors once
    more for the time of the backup, and whoever writes waits for as long as the copy takes.

    Args:
        settings: which data, and where they lie.
        workspace: the open data.
        target: a new file ``*.tar.zst`` or ``*.tar``.
        weights: whether downloaded checkpoints go with it.
        replaces: whether nobody but the caller writes this target, so that what an earlier attempt left of it, whole or
            in parts, is replaced.
        on_member: told after each file.

    Raises:
        ConfigurationError: the target does not fit, or the catalogue is no SQLite file.
        StorageError: the disk is full, or a file cannot be read; nothing is left behind.
        FaciesError: whatever `on_member` raises.
    """
    _check(settings, target, replaces=replaces)
    if replaces:
        clear_parts(target)
    return _make(settings, workspace, target, is_live=True, weights=weights, on_member=on_member)


def _check(settings: Settings, target: Path, *, replaces: bool = False) -> None:
    check_target(target, SUFFIXES, replaces=replaces)
    if settings.catalog.url is None and not (settings.data_dir / CATALOG_NAME).is_file():
        raise ConfigurationError(
            f"there is no data of facies in {settings.data_dir} ({CATALOG_NAME} is missing), so nothing was backed up; "
            "correct FACIES_DATA_DIR"
        )


def _make(
    settings: Settings,
    workspace: Workspace,
    target: Path,
    *,
    is_live: bool,
    weights: bool,
    on_member: OnMember | None,
) -> BackupReport:
    started = time.monotonic()
    report = BackupReport(str(target.absolute()))
    embedded = settings.store.backend == "edge"
    if not embedded:
        report.notes.append(
            f"the vectors are on the Qdrant server at {settings.store.url} and not in this file; take a snapshot there"
        )
    with (
        new_file(target) as part,
        # Beside the target: the system's folder for such things may be memory, and a catalogue can be large.
        tempfile.TemporaryDirectory(prefix=f"{part.name}.", dir=part.parent) as scratch,
    ):
        copy, vectors = Path(scratch) / CATALOG_NAME, settings.data_dir / VECTORS
        if is_live and isinstance(workspace.store, CopyableStore):
            vectors = Path(scratch) / VECTORS
            with workspace.store.copied(vectors):
                workspace.catalog.copy_to(copy)
        else:
            workspace.catalog.copy_to(copy)
        for record in workspace.catalog.collections():
            report.collections += 1
            report.images += workspace.catalog.count(record.name)
        header = Header(
            id=uuid4().hex,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            data_dir=str(settings.data_dir.absolute()),
            facies=version("facies"),
            engine=version("qdrant-edge-py"),
            has_vectors=embedded,
            has_weights=weights,
        )
        files = _list_files(settings, copy, vectors if embedded else None, weights=weights)
        with (
            open_to_write(part, packed=target.name.endswith(".zst")) as stream,
            _Archive(stream, report, on_member) as archive,
        ):
            archive.add_bytes(HEADER_NAME, write_header(header))
            for name, path in files:
                archive.add(name, path)
            archive.add_sums()
    report.file_bytes = target.stat().st_size
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _list_files(
    settings: Settings, catalog: Path, vectors: Path | None, *, weights: bool
) -> Iterator[tuple[str, Path]]:
    """Name each member and where it lies: files, and folders that are empty."""
    yield CATALOG_NAME, catalog
    for folder in FOLDERS:
        place = vectors if folder == VECTORS else settings.data_dir / folder
        if place is not None:
            yield from _walk(folder, place)
    if weights:
        yield from _walk(WEIGHTS, settings.weights_dir)


def _walk(name: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """List files, and folders with nothing in them, in order of name.

    Locks, half-written files and what is made anew are left out, and so is a folder that goes away meanwhile.
    """
    if is_made_anew(name):
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    if not entries and "/" in name:
        yield name, folder
    for entry in entries:
        below = f"{name}/{entry.name}"
        if entry.name.startswith((_PART, ".")):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(below, Path(entry.path))
        elif entry.is_file() and is_plain(below):
            yield below, Path(entry.path)


class _Archive:
    """A tar file that is being written, with the hash of everything that went into it."""

    def __init__(self, stream: IO[bytes], report: BackupReport, on_member: OnMember | None) -> None:
        with ExitStack() as opening:
            self._sums = opening.enter_context(tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES))
            # After an error it does not write the end of the archive, which nobody would read.
            self._tar = opening.enter_context(tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT))
            self._open = opening.pop_all()
        self._report = report
        self._on_member = on_member

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def add_bytes(self, name: str, data: bytes) -> None:
        """Add a member that is at hand."""
        info = tarfile.TarInfo(name)
        info.size, info.mtime = len(data), int(time.time())
        self._write(info, io.BytesIO(data))
        self._note(name, hashlib.sha256(data).hexdigest(), len(data))

    def add(self, name: str, path: Path) -> None:
        """Add a file, or an empty folder; one that went away meanwhile is passed over."""
        info = tarfile.TarInfo(name)
        if path.is_dir():
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            self._write(info, None)
            return
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return
        except OSError as error:
            raise SourceError(f"{path} cannot be read into the backup: {explain(error)}") from error
        with file:
            self._add_open(info, file)

    def add_sums(self) -> None:
        """Add the list of hashes, the last member."""
        info = tarfile.TarInfo(SUMS_NAME)
        info.size, info.mtime = self._sums.tell(), int(time.time())
        self._sums.seek(0)
        self._write(info, self._sums)

    def _add_open(self, info: tarfile.TarInfo, file: IO[bytes]) -> None:
        name = info.name
        status = os.fstat(file.fileno())
        info.mtime = int(status.st_mtime)
        extents = find_extents(file.fileno(), status.st_size)
        digest = hashlib.sha256()
        if sum(length for _, length in extents) == status.st_size:
            info.size = status.st_size
            pieces: Iterator[bytes] = read_extents(file, [(0, status.st_size)], status.st_size, digest.update)
        else:
            table, listed = sparse_map(extents, status.st_size)
            info.size = len(table) + sum(length for _, length in listed)
            # A longer name would get a header of its own, which some readers take for the member's.
            info.name = f"GNUSparseFile.0/{self._report.members}"
            info.pax_headers = {
                "GNU.sparse.major": "1",
                "GNU.sparse.minor": "0",
                "GNU.sparse.name": name,
                "GNU.sparse.realsize": str(status.st_size),
            }
            pieces = chain([table], read_extents(file, listed, status.st_size, digest.update))
        self._write(info, io.BufferedReader(Pieces(pieces)))
        for _ in pieces:  # what follows the last byte: the zeros of a hole, for the hash
            pass
        self._note(name, digest.hexdigest(), status.st_size)

    def _write(self, info: tarfile.TarInfo, data: IO[bytes] | None) -> None:
        self._tar.addfile(info, data)
        forget_members(self._tar)

    def _note(self, name: str, sha256: str, size: int) -> None:
        self._sums.write(sums_line(sha256, name).encode())
        self._report.members += 1
        self._report.content_bytes += size
        if self._on_member is not None:
            self._on_member(self._report.members, self._report.content_bytes)
