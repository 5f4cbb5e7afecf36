"""Reading a backup: its members in their order, each checked before anything is made of it."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from typing import IO

from facies.core.errors import SourceError
from facies.indexer.backup.members import HEADER_NAME, MAX_HEADER_BYTES, SUMS_NAME, Header, check_name, read_header
from facies.indexer.backup.sparse import PIECE_BYTES
from facies.indexer.backup.streams import forget_members


class Members:
    """The members of a backup in their order, each checked by name and kind, hashed as it is read."""

    def __init__(self, stream: IO[bytes], where: str) -> None:
        self._where = where
        self.first = b""
        try:
            self._tar = tarfile.open(fileobj=stream, mode="r|")  # noqa: SIM115 (ends with its stream)
        except (tarfile.TarError, OSError) as error:
            raise SourceError(f"{where} is no backup of facies: {error}") from error

    def header(self) -> Header:
        """Read the first member."""
        info = self._next()
        if info is None or info.name != HEADER_NAME or not info.isreg() or info.size > MAX_HEADER_BYTES:
            raise SourceError(f"{self._where} is no backup of facies: it does not begin with {HEADER_NAME}")
        self.first = b"".join(self.pieces(info))
        return read_header(self.first, self._where)

    def rest(self) -> Iterator[tarfile.TarInfo]:
        """Give the other members."""
        while (info := self._next()) is not None:
            yield info

    def pieces(self, info: tarfile.TarInfo) -> Iterator[bytes]:
        """Read a member piece by piece."""
        data = self._tar.extractfile(info)
        if data is None:
            raise SourceError(f"{self._where}: {info.name} is no file; nothing was restored")
        try:
            while piece := data.read(PIECE_BYTES):
                yield piece
        except (tarfile.TarError, OSError) as error:
            raise SourceError(
                f"{self._where} is damaged or cut off within {info.name} ({error}); nothing was restored"
            ) from error

    def _next(self) -> tarfile.TarInfo | None:
        try:
            info = self._tar.next()
        except (tarfile.TarError, OSError, ValueError) as error:
            raise SourceError(f"{self._where} is damaged or cut off ({error}); nothing was restored") from error
        forget_members(self._tar)
        if info is None:
            return None
        check_name(info.name, self._where)
        if not (info.isreg() or (info.isdir() and "/" in info.name)):
            raise SourceError(
                f"{self._where} has a member {info.name!r} that is neither file nor folder; nothing was restored"
            )
        return info


def hashed(pieces: Iterator[bytes], on_bytes: Callable[[bytes], None]) -> Iterator[bytes]:
    """Give pieces on, and show each to a listener first."""
    for piece in pieces:
        on_bytes(piece)
        yield piece


def compare_sums(members: Members, info: tarfile.TarInfo, sums: IO[bytes]) -> None:
    """Compare the list of the backup with ours, line by line, however long they are."""
    ours = iter(_from_start(sums))
    rest = b""
    for piece in members.pieces(info):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            got = next(ours, b"").rstrip(b"\n")
            if got != line:
                name = line.decode(errors="replace").partition("  ")[2] or got.decode(errors="replace")
                raise SourceError(
                    f"the backup is damaged: {name!r} is not what {SUMS_NAME} says of it; nothing was restored"
                )
    if rest or next(ours, None) is not None or next(members.rest(), None) is not None:
        raise SourceError(f"the backup is damaged: {SUMS_NAME} does not list its members; nothing was restored")


def _from_start(file: IO[bytes]) -> IO[bytes]:
    file.seek(0)
    return file
