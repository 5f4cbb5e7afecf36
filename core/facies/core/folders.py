"""Folders that are made where they are missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from facies.core.errors import ConfigurationError, StorageError


def make_folder(path: Path) -> None:
    """Make a folder and its parents.

    Raises:
        StorageError: the system refuses.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(path, error.strerror or str(error)) from error


def check_no_file(path: Path) -> None:
    """Refuse a place for a folder of results where a file is.

    Raises:
        ConfigurationError: a file is there.
    """
    if path.is_file():
        raise ConfigurationError(f"{path} is a file; give --out a folder, which is made if it is missing")


@contextmanager
def no_empty_folder_left(path: Path) -> Iterator[None]:
    """Remove a folder that was not there before, as far as nothing is in it, where the work in between fails."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        yield
    except BaseException:
        if missing:
            inside = [Path(root) for root, _, _ in os.walk(path, topdown=False)]
            for folder in dict.fromkeys((*inside, *missing)):
                with suppress(OSError):
                    folder.rmdir()  # refuses one that has anything in it
        raise
