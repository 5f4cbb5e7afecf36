"""Zip files of tables: written as a stream, read in place, and no further than their size lets one expect."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from facies.core.errors import SourceError
from facies.indexer.originals import explain, zip_faults

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FREE_BYTES: Final = 64 * 2**20
"""What may be unpacked from any zip file."""
MAX_RATIO: Final = 200
"""Beyond it: so many bytes for each one of the file. Tables of labels, each row with ids of its own, stay below 20."""


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip file for reading.

    Raises:
        SourceError: it is none, it is damaged or cut off, or a member that is read is.
    """
    try:
        with zip_faults(), zipfile.ZipFile(path) as archive:
            yield archive
    except OSError as error:
        raise SourceError(f"cannot read {path.name} as a zip file: {explain(error)}") from error


@contextmanager
def open_member(archive: zipfile.ZipFile, name: str) -> Iterator[IO[bytes]]:
    """Open a member as bytes, within `open_archive`.

    Raises:
        SourceError: there is no such member, or it unpacks to more than a table of labels does.
    """
    where = f"{Path(archive.filename or '').name}/{name}"
    try:
        info = archive.getinfo(name)
    except KeyError as error:
        raise SourceError(f"{where} is not there; the zip file holds {_listed(archive)}") from error
    size = Path(archive.filename or "").stat().st_size
    with (
        archive.open(info) as stream,
        io.BufferedReader(_Limited(stream, where, FREE_BYTES + MAX_RATIO * size)) as read,
    ):
        yield read


class _Limited(io.RawIOBase):
    """Bytes of a stream, with an error where more come than a limit allows."""

    def __init__(self, stream: IO[bytes], where: str, limit: int) -> None:
        self._stream, self._where, self._limit = stream, where, limit
        self._left = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        data = self._stream.read(len(view))
        self._left -= len(data)
        if self._left < 0:
            raise SourceError(
                f"{self._where} unpacks to more than {self._limit:,} bytes, which no table of labels in a file of "
                "this size does; unpack it yourself if it is to be trusted, and give the table"
            )
        view[: len(data)] = data
        return len(data)


def _listed(archive: zipfile.ZipFile) -> str:
    names = archive.namelist()
    return ", ".join(names[:8]) + (" ..." if len(names) > 8 else "") if names else "nothing"
