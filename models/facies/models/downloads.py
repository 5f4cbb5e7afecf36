"""Fetches one file over HTTP so that it is either there, whole and checked, or not there at all.

Bytes go to ``<file>.part``; beside it ``<file>.part.json`` remembers the server's validator (ETag or date), so that an
interrupted transfer goes on where it stopped, and only where the server still has the same file. The finished file is
checked by size and hash and then renamed into place.

Source: RFC 9110, sections 13.1.5 (If-Range) and 14 (range requests).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TypeAlias

import httpx

from facies.core.errors import DownloadError, StorageError
from facies.models.hashes import check_hash, hash_file
from facies.models.transfers import BrokenTransfer, NoConnection, RefusedTransfer, transfer

Progress: TypeAlias = Callable[[int, "int | None"], None]
"""Called with bytes done and bytes in all (None where the server does not say)."""

ATTEMPTS = 4
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)


def download_file(
    url: str,
    path: Path,
    *,
    sha256: str | None = None,
    progress: Progress | None = None,
    attempts: int = ATTEMPTS,
    pause_s: float = 1.0,
) -> Path:
    """Fetch a file, going on where an earlier attempt stopped; a file that is there already is only checked.

    Two processes may ask for the same file: the second waits for the first.

    Args:
        url: http or https.
        path: where the file shall lie; its folder is made.
        sha256: hash of the bytes, or its leading hexadecimal digits; None: not checked.
        progress: called after each piece; None shows a bar on stderr where that is a terminal.
        attempts: how often to try after a broken connection or an overloaded server, at least 1.
        pause_s: wait before the second attempt, in seconds; doubled each time.

    Returns:
        the path.

    Raises:
        DownloadError: the server cannot be reached, has no such file, or sends other bytes than the hash says.
        StorageError: the folder cannot be written, or the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _held_part(path) as part:
            if not path.exists():
                with _bar(path.name) if progress is None else contextlib.nullcontext(progress) as shown:
                    _fetch(url, part, path, shown, attempts=attempts, pause_s=pause_s)
                _finish(url, part, path, sha256)
            elif sha256 is not None:
                check_hash(str(path), hash_file(path), sha256)
    except OSError as error:
        raise StorageError(path, error.strerror or str(error)) from error
    return path


def _fetch(url: str, part: IO[bytes], path: Path, progress: Progress, *, attempts: int, pause_s: float) -> None:
    notes = path.with_name(f"{path.name}.part.json")
    with httpx.Client(timeout=_TIMEOUT, follow_redirects=True) as client:
        for attempt in range(1, attempts + 1):
            try:
                transfer(client, url, part, notes, progress)
            except RefusedTransfer as error:
                raise DownloadError(f"{url}: {error}") from error
            except BrokenTransfer as error:
                # Without a network, waiting for more attempts would only keep people waiting for the answer.
                if attempt == attempts or (attempt == 1 and isinstance(error, NoConnection)):
                    kept = os.fstat(part.fileno()).st_size
                    rest = f"; {kept:,} bytes are kept and the next attempt goes on from there" if kept else ""
                    raise DownloadError(f"{url}: {error} (attempts: {attempt}{rest})") from error
                time.sleep(pause_s * 2 ** (attempt - 1))
            else:
                return


def _finish(url: str, part: IO[bytes], path: Path, sha256: str | None) -> None:
    part.flush()
    os.fsync(part.fileno())
    temporary = _part_path(path)
    if sha256 is not None:
        got = hash_file(temporary)
        if not got.startswith(sha256.lower()):
            _forget(path)
            raise DownloadError(
                f"{url} gave bytes with SHA-256 {got}, expected {sha256}: not the published file, or changed on the "
                "way. Nothing was kept. Try again, or fetch it by hand and compare."
            )
    temporary.replace(path)
    path.with_name(f"{path.name}.part.json").unlink(missing_ok=True)


def _forget(path: Path) -> None:
    path.with_name(f"{path.name}.part.json").unlink(missing_ok=True)
    _part_path(path).unlink(missing_ok=True)


def _part_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


@contextlib.contextmanager
def _held_part(path: Path) -> Iterator[IO[bytes]]:
    """Open the part file and hold its lock; leave no empty one behind."""
    temporary = _part_path(path)
    part = _locked(temporary)
    try:
        yield part
    finally:
        if _is_named(temporary, part) and (path.exists() or temporary.stat().st_size == 0):
            temporary.unlink()
        part.close()


def _locked(temporary: Path) -> IO[bytes]:
    while True:
        with contextlib.ExitStack() as unless_kept:
            part = unless_kept.enter_context(temporary.open("ab"))
            fcntl.flock(part, fcntl.LOCK_EX)
            # Whoever held it before may have renamed or removed it: then this handle is of a file without that name.
            if _is_named(temporary, part):
                unless_kept.pop_all()
                return part


def _is_named(path: Path, file: IO[bytes]) -> bool:
    """Whether the open file is still the one of this name."""
    try:
        named = path.stat()
    except FileNotFoundError:  # asked for in one step: between two, another process may remove it
        return False
    return os.path.samestat(named, os.fstat(file.fileno()))


@contextlib.contextmanager
def _bar(name: str) -> Iterator[Progress]:
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    with download_bar(name) as progress:
        yield progress


@contextlib.contextmanager
def download_bar(name: str) -> Iterator[Progress]:
    """Show a progress bar with rate and time left on stderr."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(name, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
