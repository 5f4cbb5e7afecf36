"""Copies of folders that stay sparse, and cost nothing where the file system shares blocks between copies."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from facies.core.flushing import flush_all
from facies.core.store.layout import os_errors

_BLOCK_BYTES: Final = 8 * 2**20
"""Copied at a time; between two blocks a stop is looked at."""

_NO_RANGES: Final = {errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EPERM}
"""What a file system answers that cannot copy within itself."""

OnBlock = Callable[[], None]
"""Called before each block; raises to stop."""


def occupied_bytes(folder: Path) -> int:
    """What the files below a folder take on the disk, holes left out; a file that vanishes meanwhile counts nothing."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            total += path.stat().st_blocks * 512
    return total


def copy_files(source: Path, target: Path, wanted: Callable[[Path], bool], on_block: OnBlock) -> None:
    """Copy the files below a folder that are wanted and not there yet, with the folders they lie in.

    Raises:
        StorageError: the disk is full or the target cannot be written.
    """
    with os_errors(target):
        for path in sorted(source.rglob("*")):
            copy = target / path.relative_to(source)
            if path.is_dir():
                copy.mkdir(parents=True, exist_ok=True)
            elif wanted(path) and not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy_file(path, copy, on_block)


def copy_file(source: Path, target: Path, on_block: OnBlock = lambda: None) -> None:
    """Copy one file with its holes; it may grow meanwhile, and is then copied as long as it was."""
    with source.open("rb") as read, target.open("wb") as written:
        size = os.fstat(read.fileno()).st_size
        for start, end in _extents(read.fileno(), size):
            _copy_range(read.fileno(), written.fileno(), start, end, on_block)
        os.ftruncate(written.fileno(), size)


def sync_files(folder: Path, on_file: OnBlock) -> None:
    """Have the system write every file and folder below to the disk, so that a power cut finds them there."""
    with os_errors(folder):
        flush_all(folder, on_file)


def _extents(descriptor: int, size: int) -> Iterator[tuple[int, int]]:
    """Where data lie between holes, as (start, end); all of the file where the system does not tell."""
    end = 0
    while end < size:
        try:
            start = os.lseek(descriptor, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole up to the end
                return
            if error.errno != errno.EINVAL:
                raise
            yield end, size  # a file system that knows no holes
            return
        end = min(size, os.lseek(descriptor, start, os.SEEK_HOLE))
        if start < end:
            yield start, end


def _copy_range(source: int, target: int, start: int, end: int, on_block: OnBlock) -> None:
    while start < end:
        on_block()
        count = _copy_block(source, target, start, min(_BLOCK_BYTES, end - start))
        if count == 0:
            return
        start += count


def _copy_block(source: int, target: int, start: int, count: int) -> int:
    if hasattr(os, "copy_file_range"):  # Linux
        try:
            return os.copy_file_range(source, target, count, start, start)
        except OSError as error:
            if error.errno not in _NO_RANGES:
                raise
    block = os.pread(source, count, start)
    written = 0
    while written < len(block):
        written += os.pwrite(target, block[written:], start + written)
    return len(block)
