"""A zip file, read in place; nothing is unpacked to disk."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from facies.core.errors import SourceError
from facies.indexer.originals import explain, is_url, network_faults, read_member, zip_faults, zip_uri
from facies.indexer.sources.base import Labels, PassedOver, SourceEntry, SourceItem, Unusable, is_hidden

_ENCRYPTED = 0x1


class ZipSource:
    """The members of a zip file in order of name. Sizes are limited by what is read, not by what members declare."""

    def __init__(self, location: str, labels: Labels = "none") -> None:
        """Open the archive and read its directory.

        Args:
            location: an absolute local path, or an fsspec URL.
            labels: ``folder``: a member's label is the path of its folder, joined by ``/``.

        Raises:
            SourceError: it cannot be read, or is not a zip file.
        """
        self.location = location
        self._labels = labels
        try:
            self._stream = _open(location)
            self._archive = _read_directory(location, self._stream)
        except OSError as error:
            raise SourceError(f"cannot read {location} as a zip file: {explain(error)}") from error
        self._members = sorted((m for m in self._archive.infolist() if not m.is_dir()), key=lambda m: m.filename)

    def __iter__(self) -> Iterator[SourceEntry]:
        """Yield the members."""
        return map(self._entry, self._members)

    def count(self) -> int:
        """Number of members."""
        return len(self._members)

    def owns(self, uri: str) -> bool:
        """Whether the URI names a member, past or present, of this archive."""
        return uri.startswith("zip://") and uri.endswith(f"::{self.location}")

    def read_member(self, name: str, size: int) -> bytes:
        """Read at most ``size`` unpacked bytes of a member; raises OSError alone."""
        with zip_faults(name):
            return read_member(self._archive, name, size)

    def close(self) -> None:
        """Close the archive."""
        self._archive.close()
        self._stream.close()

    def _entry(self, member: zipfile.ZipInfo) -> SourceEntry:
        name = member.filename
        uri = zip_uri(self.location, name)
        path = PurePosixPath(name)
        if any(is_hidden(part) for part in path.parts if part not in {"/", ".", ".."}):
            return PassedOver(uri, "hidden")
        if "::" in name:
            return Unusable(uri, "its name holds `::`, which separates member and archive in a URI; rename it")
        if member.flag_bits & _ENCRYPTED:
            return Unusable(uri, "it is encrypted; unpack the zip file and index the folder")
        folder = "/".join(part for part in path.parent.parts if part not in {"/", ".", ".."})
        label = folder if self._labels == "folder" and folder else None
        return SourceItem(uri, name, label, size=member.file_size, load=partial(self.read_member, name))


def _read_directory(location: str, stream: IO[bytes]) -> zipfile.ZipFile:
    try:
        with zip_faults():
            return zipfile.ZipFile(stream)
    except OSError:
        stream.close()
        raise


def _open(location: str) -> IO[bytes]:
    if not is_url(location):
        return Path(location).open("rb")
    import fsspec

    with network_faults(location):
        stream: IO[bytes] = fsspec.open(location, "rb").open()
    return stream
