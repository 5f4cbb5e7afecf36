"""Checkpoints that are results as well: whole files that a finished attempt takes over without copying them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from typing import TYPE_CHECKING

from facies.core.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path


def link_files(source: Path, target: Path, *, without: Collection[str] = ()) -> None:
    """Make the files below a folder appear below another one, by hard links where the disk has them.

    Whoever writes the source puts new files in the place of old ones and never changes one, so the target stays as it
    is even where an attempt that was taken over still writes.

    Args:
        source: the folder; hidden files of it are being written, and left out.
        target: the other one, on the same disk as a rule; nothing of these names is there.
        without: names of files that stay.

    Raises:
        StorageError: the disk is full or refuses.
    """
    try:
        for path in sorted(source.rglob("*")):
            if path.is_file() and path.name not in without and not path.name.startswith("."):
                place = target / path.relative_to(source)
                place.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(path, place)
                except OSError:  # a disk without links
                    shutil.copyfile(path, place)
    except OSError as error:
        raise StorageError(target, error.strerror or str(error)) from error
