"""A folder on a local disk, with everything below it."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from facies.core.errors import SourceError
from facies.indexer.originals import explain
from facies.indexer.sources.base import Labels, PassedOver, SourceEntry, SourceItem, Unusable, is_hidden

_CATALOGUE = "catalog.sqlite"
_VECTORS_LOCK = Path("vectors", ".lock")
"""Either marks a data folder: the first lies there unless the catalogue is served, the second unless the store is."""

_OWN_PARTS = frozenset(
    {"vectors", "thumbnails", "uploads", "weights", "logs"}
    | {f"{_CATALOGUE}{suffix}" for suffix in ("", "-wal", "-shm", "-journal")}
)
"""What facies itself keeps in a data folder; anything else there is a person's."""


@dataclass(frozen=True, slots=True)
class FolderSource:
    """Files below a folder in order of name; links are followed, each folder is entered once.

    Attributes:
        location: the folder, absolute.
        labels: ``folder``: a file's label is the path of its folder below the root, joined by ``/``.
        within: real folders that files must lie in, wherever links lead; None: anywhere.
        own_parts: whether what facies keeps in a data folder is listed like anything else. Indexing passes it over;
            finding moved originals looks among the copies of uploads too.
    """

    location: str
    labels: Labels = "none"
    within: Sequence[Path] | None = None
    own_parts: bool = True

    def __iter__(self) -> Iterator[SourceEntry]:
        """Walk the folder.

        Raises:
            SourceError: the folder itself cannot be listed.
        """
        return self._walk(Path(self.location), "", set())

    def count(self) -> int:
        """Number of entries, by a walk that opens no file."""
        return sum(1 for _ in self)

    def owns(self, uri: str) -> bool:
        """Whether the path lies below the folder."""
        return uri.startswith(self.location.rstrip(os.sep) + os.sep)

    def close(self) -> None:
        """Hold nothing open."""

    def _walk(self, folder: Path, below: str, entered: set[tuple[int, int]]) -> Iterator[SourceEntry]:
        try:
            status = folder.stat()
            key = (status.st_dev, status.st_ino)
            if key in entered:
                yield PassedOver(str(folder), "a link to a folder that was entered already")
                return
            entered.add(key)
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            if not below:
                raise SourceError(f"cannot list the folder {folder}: {explain(error)}") from error
            yield Unusable(str(folder), f"the folder cannot be listed: {explain(error)}", may_hide_files=True)
            return
        own = frozenset() if self.own_parts else find_own_parts(folder, [entry.name for entry in entries])
        for entry in entries:
            if entry.name in own:
                yield PassedOver(entry.path, "kept there by facies itself")
            else:
                yield from self._entry(entry, below, entered)

    def _entry(self, entry: os.DirEntry[str], below: str, entered: set[tuple[int, int]]) -> Iterator[SourceEntry]:
        name = f"{below}/{entry.name}" if below else entry.name
        if is_hidden(entry.name):
            yield PassedOver(printable(entry.path), "hidden")
        elif not _is_text(entry.name):
            yield Unusable(printable(entry.path), "its name is not UTF-8; rename it")
        else:
            try:
                mode = entry.stat()
            except OSError as error:
                dangling = isinstance(error, FileNotFoundError)
                yield Unusable(entry.path, f"cannot be read: {explain(error)}", may_hide_files=not dangling)
                return
            if stat.S_ISDIR(mode.st_mode) and self.within is not None and not lies_within(entry.path, self.within):
                # Not even its files' names are anybody's business.
                reason = "it is a link to a folder outside the folders that this service may read"
                yield Unusable(entry.path, reason, may_hide_files=True)
            elif stat.S_ISDIR(mode.st_mode):
                yield from self._walk(Path(entry.path), name, entered)
            elif not stat.S_ISREG(mode.st_mode):
                yield PassedOver(entry.path, "not a regular file")
            else:
                label = below if self.labels == "folder" and below else None
                yield local_file(entry.path, name, label=label, size=mode.st_size, within=self.within)


def find_own_parts(folder: Path, names: Collection[str]) -> frozenset[str]:
    """The names in a folder that facies itself keeps there; none where it is no data folder."""
    if _CATALOGUE in names or ("vectors" in names and os.path.lexists(folder / _VECTORS_LOCK)):
        return _OWN_PARTS.intersection(names)
    return frozenset()


def local_file(
    path: str, name: str, *, label: str | None, size: int | None, within: Sequence[Path] | None
) -> SourceItem | Unusable:
    """Make the entry of a local file, unless it is no path or lies, links followed, outside the folders allowed."""
    if "\0" in path:
        return Unusable(path, "no path holds a NUL character")
    if within is not None and not lies_within(path, within):
        return Unusable(path, "it lies outside the folders that this service may read")
    return SourceItem(uri=path, name=name, label=label, size=size)


def lies_within(path: str, within: Sequence[Path]) -> bool:
    """Whether a path, links followed, lies in one of the folders, which must be real paths."""
    real = Path(os.path.realpath(path))
    return any(real.is_relative_to(root) for root in within)


def printable(path: str) -> str:
    """Give a path as text that can be stored and sent, whatever bytes its name holds."""
    return os.fsencode(path).decode("utf-8", "replace")


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
