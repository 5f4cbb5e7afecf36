"""Folders that are made where they are missing."""

from __future__ import annotations

from pathlib import Path

from facies.core.errors import StorageError


def make_folder(path: Path) -> None:
    """Make a folder and its parents.

    Raises:
        StorageError: the system refuses.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(path, error.strerror or str(error)) from error
