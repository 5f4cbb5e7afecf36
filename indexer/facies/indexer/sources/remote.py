"""Files behind an fsspec URL: object stores, web servers, memory."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from facies.core.errors import SourceError
from facies.indexer.originals import explain, network_faults
from facies.indexer.sources.base import Labels, PassedOver, SourceEntry, SourceItem, is_hidden


class RemoteSource:
    """All files below a URL in order of name, or the one file that it names."""

    def __init__(self, location: str, labels: Labels = "none") -> None:
        """List the files.

        Args:
            location: an fsspec URL, e.g. ``s3://bucket/slides`` or ``memory://grains``.
            labels: ``folder``: a file's label is the path of its folder below the URL, joined by ``/``.

        Raises:
            SourceError: the address cannot be reached, or nothing is there.
        """
        import fsspec

        self.location = location.rstrip("/")
        self._labels = labels
        try:
            with network_faults(location):
                self._system, self._root = fsspec.core.url_to_fs(location)
                self._files = self._list()
        except OSError as error:
            raise SourceError(f"cannot list {location}: {explain(error)}") from error
        if not self._files:
            raise SourceError(f"nothing is at {location}")

    def __iter__(self) -> Iterator[SourceEntry]:
        """Yield the files."""
        return (self._entry(path, size) for path, size in self._files)

    def count(self) -> int:
        """Number of files."""
        return len(self._files)

    def owns(self, uri: str) -> bool:
        """Whether the URI lies below this URL."""
        base = str(self._system.unstrip_protocol(self._root)).rstrip("/")
        return uri == base or uri.startswith(f"{base}/")

    def close(self) -> None:
        """Hold nothing open."""

    def _list(self) -> list[tuple[str, int | None]]:
        found: dict[str, dict[str, Any]] = self._system.find(self._root, detail=True)
        return sorted((path, about.get("size")) for path, about in found.items())

    def _entry(self, path: str, size: int | None) -> SourceEntry:
        uri = str(self._system.unstrip_protocol(path))
        below = path.removeprefix(self._root.rstrip("/")).lstrip("/") or PurePosixPath(path).name
        parts = PurePosixPath(below).parts
        if any(is_hidden(part) for part in parts):
            return PassedOver(uri, "hidden")
        folder = "/".join(parts[:-1])
        label = folder if self._labels == "folder" and folder else None
        return SourceItem(uri, below, label, size=size, load=partial(self._load, uri, path))

    def _load(self, uri: str, path: str, size: int) -> bytes:
        with network_faults(uri), self._system.open(path, "rb") as stream:
            data: bytes = stream.read(size)
            return data
