"""Files that a command writes for a person: never over another one, complete or absent."""

from __future__ import annotations

import glob
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from facies.core.errors import ConfigurationError, StorageError
from facies.core.flushing import flush


def check_target(path: Path, suffixes: tuple[str, ...], *, replaces: bool = False) -> None:
    """Refuse a file to write that is there already, or whose name does not say what it will be.

    Args:
        path: of the file.
        suffixes: one of which its name must have.
        replaces: whether a file that is there is the caller's own, and may be replaced.

    Raises:
        ConfigurationError: another suffix, a file that exists, or a folder that does not.
    """
    if not path.name.endswith(suffixes):
        raise ConfigurationError(f"{path} must end in {' or '.join(suffixes)}")
    if not (replaces and path.is_file()):
        check_new_folder(path)


def check_new_folder(path: Path) -> None:
    """Refuse a folder to make that is there already, or whose parent is not.

    Raises:
        ConfigurationError: says which.
    """
    if path.exists():
        raise ConfigurationError(f"{path} exists already and is not overwritten; choose another name or remove it")
    if not path.parent.is_dir():
        raise ConfigurationError(f"there is no folder {path.parent}; make it first")


def clear_parts(path: Path) -> None:
    """Remove what a process that was killed has left beside a path that it was to write; nobody else may write it."""
    for part in path.parent.glob(f"{glob.escape(_part_of(path))}*"):
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)


def _part_of(path: Path) -> str:
    return f".{path.name}.part-"


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a name beside a folder, to be made; at the end it takes the folder's own name, or goes away on any error.

    Raises:
        StorageError: the system refuses.
    """
    part = path.with_name(f"{_part_of(path)}{uuid4().hex[:8]}")
    try:
        yield part
        part.replace(path)
        flush(path.parent)
    except OSError as error:
        raise StorageError(path, error.strerror or str(error)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
        with suppress(OSError):
            part.unlink(missing_ok=True)  # where it is a file


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a name beside a file to write to; at the end it takes the file's own name, or goes away on any error.

    Raises:
        StorageError: the system refuses.
    """
    with new_folder(path) as part:
        yield part
        flush(part)
