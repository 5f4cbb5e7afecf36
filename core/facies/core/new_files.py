"""Files that a command writes for a person: never over another one, complete or absent."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from facies.core.errors import ConfigurationError, StorageError
from facies.core.flushing import flush


def check_target(path: Path, suffixes: tuple[str, ...]) -> None:
    """Refuse a file to write that is there already, or whose name does not say what it will be.

    Raises:
        ConfigurationError: another suffix, a file that exists, or a folder that does not.
    """
    if not path.name.endswith(suffixes):
        raise ConfigurationError(f"{path} must end in {' or '.join(suffixes)}")
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


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a name beside a folder, to be made; at the end it takes the folder's own name, or goes away on any error.

    Raises:
        StorageError: the system refuses.
    """
    part = path.with_name(f".{path.name}.part-{uuid4().hex[:8]}")
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
