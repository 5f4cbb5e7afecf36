"""Files with holes. The engine's files are mapped memory: 32 MiB each of which a few pages may be in use.

A hole is kept as one: in the tar file by the sparse format 1.0 of GNU tar, which tar and Python's tarfile read; on the
disk by seeking over zeros in place of writing them.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from facies.core.errors import SourceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK: Final = 512
"""Bytes of a block of a tar file."""

PIECE_BYTES: Final = 2**20
"""Read, hashed and written at a time."""

_PAGE: Final = 4096
_ZEROS: Final = bytes(PIECE_BYTES)

Extent = tuple[int, int]
"""Where data begin in a file, and how many bytes they are."""


def find_extents(descriptor: int, size: int) -> list[Extent]:
    """List the parts of a file that are not holes, in order; the whole file where the system cannot tell.

    Source: lseek(2), SEEK_DATA and SEEK_HOLE.
    """
    extents: list[Extent] = []
    position = 0
    try:
        while position < size:
            start = os.lseek(descriptor, position, os.SEEK_DATA)
            position = min(os.lseek(descriptor, start, os.SEEK_HOLE), size)
            extents.append((start, position - start))
    except OSError as error:
        if error.errno != errno.ENXIO:  # no data after this position
            return [(0, size)]
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)
    return extents


def sparse_map(extents: Iterable[Extent], size: int) -> tuple[bytes, list[Extent]]:
    """Make the map that stands before the data of a sparse member, and give the extents as it lists them."""
    # GNU tar wants data at the front of a file that is one hole, and an empty extent at the end of every file.
    listed = [extent for extent in extents if extent[1]] or [(0, min(size, BLOCK))]
    entries = [*listed, (size, 0)]
    text = f"{len(entries)}\n" + "".join(f"{start}\n{length}\n" for start, length in entries)
    data = text.encode("ascii")
    return data + bytes(-len(data) % BLOCK), listed


class Pieces(io.RawIOBase):
    """Reads the pieces of an iterator as one stream; wrap it in ``io.BufferedReader`` for reads of exact size."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer, or a part of it; 0 at the end."""
        target = memoryview(buffer).cast("B")
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(target), len(self._rest))
        target[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def read_extents(
    file: IO[bytes], extents: Iterable[Extent], size: int, on_bytes: Callable[[bytes], None]
) -> Iterator[bytes]:
    """Read the extents of a file piece by piece, and show a listener the whole file with zeros for its holes.

    Raises:
        SourceError: the file cannot be read, or became shorter.
    """
    position = 0
    for start, length in extents:
        _show_zeros(start - position, on_bytes)
        position = start
        while position < start + length:
            piece = _read(file, position, min(start + length - position, PIECE_BYTES))
            on_bytes(piece)
            yield piece
            position += len(piece)
    _show_zeros(size - position, on_bytes)


def write_sparse(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a new file, leaving holes where there are whole pages of zeros.

    Raises:
        FileExistsError: it is there.
        OSError: it cannot be written.
    """
    with path.open("xb") as file:
        size = 0
        for piece in pieces:
            for start in range(0, len(piece), PIECE_BYTES):
                part = piece[start : start + PIECE_BYTES]
                if len(part) % _PAGE == 0 and part == _ZEROS[: len(part)]:
                    file.seek(len(part), os.SEEK_CUR)
                else:
                    file.write(part)
            size += len(piece)
        file.truncate(size)


def _read(file: IO[bytes], position: int, size: int) -> bytes:
    try:
        file.seek(position)
        piece = file.read(size)
    except OSError as error:
        raise SourceError(f"{file.name} cannot be read: {error.strerror or error}") from error
    if not piece:
        raise SourceError(f"{file.name} became shorter while it was read")
    return piece


def _show_zeros(count: int, on_bytes: Callable[[bytes], None]) -> None:
    while count > 0:
        on_bytes(_ZEROS[:count])
        count -= PIECE_BYTES
