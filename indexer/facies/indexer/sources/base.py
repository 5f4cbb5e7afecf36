"""What a source of images yields, and which files are passed over by their name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal, Protocol, TypeAlias

from facies.core.records import Metadata
from facies.indexer.originals import read_up_to

Labels: TypeAlias = Literal["none", "folder", "manifest"]

_CLUTTER = frozenset(
    {"__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information", "@eadir"}
)
"""What operating systems leave in folders, in lower case."""

_NO_IMAGES = re.compile(
    r"\.("
    r"txt|csv|tsv|tab|json|jsonl|xml|xmp|md|rst|pdf|html?|css|js|ya?ml|toml|ini|cfg|conf|log|"
    r"docx?|odt|rtf|tex|xlsx?|ods|pptx?|odp|py|ipynb|r|m|sh|bat|ps1|exe|dll|so|zip|gz|bz2|xz|tar|tgz|7z|rar|"
    r"mp3|wav|mp4|mov|avi|mkv|npy|npz|parquet|h5|hdf5|pkl|pth?|onnx|safetensors|sqlite|db|las|dlis|segy|sgy|"
    r"shp|shx|dbf|prj|geojson|lnk|url|md5|sha1|sha256|bak|lock"
    r")"
)
"""Suffixes that promise something else than an image."""


@dataclass(frozen=True, slots=True)
class SourceItem:
    """A file that may hold an image.

    Attributes:
        uri: where it lies (see `facies.indexer.originals`); the catalogue keeps this.
        name: its path below the source's root, for messages and progress.
        label: from its folder or its manifest; None where there is none.
        metadata: from its manifest.
        size: bytes, where the source knows them.
        read_up_to: gives at most that many bytes from its start; raises OSError alone.
    """

    uri: str
    name: str
    label: str | None = None
    metadata: Metadata = field(default_factory=dict)
    size: int | None = None
    load: Callable[[int], bytes] | None = None

    def read_up_to(self, size: int) -> bytes:
        """Read at most ``size`` bytes from the start; raises OSError alone."""
        return read_up_to(self.uri, size) if self.load is None else self.load(size)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file or folder that is no image by its name, and nobody expects to be one."""

    uri: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """A file or folder that the source names but cannot give.

    Attributes:
        uri: where it lies.
        reason: why it cannot be given.
        may_hide_files: it may be a folder with files that nobody can see now.
    """

    uri: str
    reason: str
    may_hide_files: bool = False


SourceEntry: TypeAlias = SourceItem | PassedOver | Unusable


class Source(Protocol):
    """A folder, zip, manifest, file or URL; iterating it twice gives the same entries in the same order."""

    @property
    def location(self) -> str:
        """The folder, file or URL."""

    def __iter__(self) -> Iterator[SourceEntry]:
        """Yield the entries in a fixed order."""

    def count(self) -> int:
        """Number of entries, for the time left; cheap beside reading them."""

    def owns(self, uri: str) -> bool:
        """Whether an image of this URI came, or could have come, from this source."""

    def close(self) -> None:
        """Let go of open files."""


@dataclass(frozen=True, slots=True)
class ListSource:
    """Entries that somebody else collected, e.g. uploaded files."""

    location: str
    entries: tuple[SourceEntry, ...]

    def __iter__(self) -> Iterator[SourceEntry]:
        """Yield them as given."""
        return iter(self.entries)

    def count(self) -> int:
        """Number of entries."""
        return len(self.entries)

    def owns(self, uri: str) -> bool:
        """Whether it is the URI of an entry."""
        return any(entry.uri == uri for entry in self.entries)

    def close(self) -> None:
        """Hold nothing open."""


def is_hidden(name: str) -> bool:
    """Whether a file or folder name is hidden, or clutter of an operating system.

    >>> is_hidden(".git"), is_hidden("__MACOSX"), is_hidden("grain.png")
    (True, True, False)
    """
    return name.startswith(".") or name.casefold() in _CLUTTER


def promises_no_image(name: str) -> bool:
    """Whether nobody expects an image under this name: a well-known other suffix, or no suffix at all.

    >>> promises_no_image("notes.txt"), promises_no_image("LICENSE"), promises_no_image("grain.png.bin")
    (True, True, False)
    """
    suffix = PurePosixPath(name).suffix.lower()
    return suffix == "" or _NO_IMAGES.fullmatch(suffix) is not None
