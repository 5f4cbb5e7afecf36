"""What a backup holds: its first member says what it is, its last one the hash of every other.

::

    facies-backup.json   format, an id, versions, where the data lay
    catalog.sqlite       collections, images, labels
    vectors/ ...         the embedded store, file by file
    thumbnails/ ...      uploads/ ...
    drawings/ ...        strokes, classes, and the pictures below them; not their tiles
    weights/ ...         only where asked for
    SHA256SUMS           one line a member, as ``sha256sum --check`` reads it
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from facies.core.errors import SourceError

FORMAT: Final = 1
HEADER_NAME: Final = "facies-backup.json"
SUMS_NAME: Final = "SHA256SUMS"
CATALOG_NAME: Final = "catalog.sqlite"
VECTORS: Final = "vectors"
FOLDERS: Final = (VECTORS, "thumbnails", "uploads", "drawings")
WEIGHTS: Final = "weights"

MAX_HEADER_BYTES: Final = 2**20
"""Far more than a header takes; a larger one is no header."""

_MADE_ANEW = re.compile(r"drawings/[^/]+/pictures/[^/]+/(?:view|masks)")
"""Tiles and pixels of a drawing's picture, which are made again where they are missing."""

_LINE = re.compile(r"([0-9a-f]{64}) [ *]([^\n\\]+)")


@dataclass(frozen=True, slots=True)
class Header:
    """What a backup says of itself.

    Attributes:
        id: drawn anew for each backup.
        created_at: when, in UTC, ISO 8601.
        data_dir: the folder that it was made of; uploads are named by their path below it.
        facies: the version that made it.
        engine: the version of the embedded vector store.
        has_vectors: whether the vectors are in it; they are not where a Qdrant server keeps them.
        has_weights: whether the folder of checkpoints is in it.
    """

    id: str
    created_at: str
    data_dir: str
    facies: str
    engine: str
    has_vectors: bool
    has_weights: bool


def write_header(header: Header) -> bytes:
    """Give the header as the bytes of its member."""
    return (json.dumps({"format": FORMAT, **asdict(header)}, indent=2, ensure_ascii=False) + "\n").encode()


def read_header(data: bytes, where: str) -> Header:
    """Read the header member.

    Raises:
        SourceError: it is no header, or of a later release.
    """
    try:
        document: dict[str, Any] = json.loads(data)
        number = document.pop("format")
        if number != FORMAT:
            raise SourceError(
                f"{where} is a backup of format {number}, this facies reads format {FORMAT}: a later release made it. "
                "Use that release (`pip install --upgrade facies`)."
            )
        return Header(**document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(f"{where} is no backup of facies: its first member cannot be read ({error})") from error


def check_name(name: str, where: str) -> None:
    """Refuse a member whose name leads anywhere but to the data of a backup.

    Raises:
        SourceError: the name is absolute, has ``..`` in it, or lies outside the folders of a backup.
    """
    path = PurePosixPath(name)
    parts = path.parts
    if (
        not parts
        or path.is_absolute()
        or str(path) != name
        or ".." in parts
        or any(letter in name for letter in "\\\n\r\0")
    ):
        raise SourceError(f"{where} has a member named {name!r}, which no backup of facies has; nothing was restored")
    if len(parts) == 1 and name not in {HEADER_NAME, CATALOG_NAME, SUMS_NAME}:
        raise SourceError(f"{where} has a member {name!r}, which is no part of a backup; nothing was restored")
    if len(parts) > 1 and parts[0] not in {*FOLDERS, WEIGHTS}:
        raise SourceError(f"{where} has a member {name!r}, which is no part of a backup; nothing was restored")


def is_plain(name: str) -> bool:
    r"""Whether a file's name can stand in the list of hashes, one a line.

    >>> is_plain("weights/vit.safetensors"), is_plain("weights/two\nlines")
    (True, False)
    """
    return not any(letter in name for letter in "\\\n\r") and name.isprintable()


def is_made_anew(name: str) -> bool:
    """Whether a folder holds nothing but what is made again where it is missing.

    >>> is_made_anew("drawings/a1/pictures/b2/view"), is_made_anew("drawings/a1/pictures/b2/original")
    (True, False)
    """
    return _MADE_ANEW.fullmatch(name) is not None


def sums_line(sha256: str, name: str) -> str:
    """One line of the list of hashes."""
    return f"{sha256}  {name}\n"


def is_sums_line(line: str) -> bool:
    """Whether a text is a line of the list of hashes, without its end."""
    return _LINE.fullmatch(line) is not None
