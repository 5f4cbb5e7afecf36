"""Files that are read are never written over: one check for every command, before its work begins."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from facies.core.errors import ConfigurationError

_Identity: TypeAlias = "tuple[int, int] | str"


def refuse_overwriting(read: Iterable[Path], written: Iterable[Path]) -> None:
    """Refuse work that would write over what it reads, whatever names, links and folders lead to the file.

    Args:
        read: files that are read.
        written: files that will be written, there already or not.

    Raises:
        ConfigurationError: names the first such file, and the place that would be written to.
    """
    places = {_identity(path): path for path in written}
    for path in read:
        place = places.get(_identity(path))
        if place is not None:
            also = "" if place == path else f", which is {place} too,"
            raise ConfigurationError(
                f"{path} would be written over: it is read{also} and this command writes a file there; give another "
                "--out"
            )


def files_below(folders: Iterable[Path | None]) -> Iterator[Path]:
    """Every file in folders and in those below; of one that is not there or not given, none."""
    for folder in folders:
        if folder is not None and folder.is_dir():
            yield from (path for path in folder.rglob("*") if path.is_file())


def _identity(path: Path) -> _Identity:
    """What is the same for all names of one file: its number on the disk, or where it would lie."""
    try:
        status = path.stat()
    except OSError:
        return os.path.realpath(path)
    return status.st_dev, status.st_ino
