"""What a power cut must find on the disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def flush(path: Path) -> None:
    """Have the system write a file to the disk, or the names in a folder: without those, a rename may come undone.

    Raises:
        OSError: there is no such path, or the disk failed.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_all(folder: Path, on_file: Callable[[], None] = lambda: None) -> None:
    """Flush a folder with every file and folder below it; ``on_file`` is called before each, and may raise to stop.

    Raises:
        OSError: as `flush`.
    """
    for path in [folder, *folder.rglob("*")]:
        on_file()
        flush(path)
