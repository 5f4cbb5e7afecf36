"""The bytes of a backup file: plain, or packed with zstd."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from facies.core.errors import SourceError

_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"


@contextmanager
def open_to_write(path: Path, *, packed: bool) -> Iterator[IO[bytes]]:
    """Open a new file; what is written to it is packed on the way."""
    with path.open("xb") as file:
        if not packed:
            yield file
            return
        import pyarrow

        packing: Any = pyarrow.CompressedOutputStream(file, "zstd")
        with packing:
            yield packing


@contextmanager
def open_to_read(path: Path) -> Iterator[IO[bytes]]:
    """Open a file; what is packed with zstd, by its first bytes, is unpacked on the way.

    Raises:
        SourceError: it is not there or cannot be read.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(len(_ZSTD_MAGIC)) == _ZSTD_MAGIC
            file.seek(0)
            if not packed:
                yield file
                return
            import pyarrow

            unpacking: Any = pyarrow.CompressedInputStream(file, "zstd")
            with unpacking:
                yield unpacking
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error


def forget_members(tar: tarfile.TarFile) -> None:
    """Drop what tarfile remembers of every member, a kilobyte each, and a stream never goes back to."""
    tar.members = []  # type: ignore[attr-defined]  # there since ever, and left out by typeshed
