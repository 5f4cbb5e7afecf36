"""One image with its label and where that comes from, as every format of exchange carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Final, get_args

from facies.core.records import LabelState, Metadata

if TYPE_CHECKING:
    from facies.core.records import FieldKind

STATES: Final[Mapping[str, LabelState]] = {state: state for state in get_args(LabelState)}


@dataclass(frozen=True, slots=True)
class LabelRow:
    """What a file says of an image; whatever it does not say is None.

    Attributes:
        image_id: id in the catalogue.
        sha256: hash of the original's bytes.
        page: zero-based page in a file of several.
        uri: where the original lies, or the name of its file.
        width: pixels.
        height: pixels.
        metadata: columns of the collection.
        label: the name; None where the image has none.
        state: how it is meant.
        confidence: probability of the label, 0 to 1, where it was predicted.
        novelty: distance to the validated images.
        neighbours: ids of the images that it rests on, nearest first.
        note: what a person remarked.
        source: what it comes from, see `facies.core.records.LabelSource`.
        actor: who gave it.
        verified: whether the actor had proved to be that.
        created_at: when; with a time zone.
        batch: number of the batch that it came with, where it was given.
        model: that predicted it.
        recipe: of its vectors.
        k: neighbours that voted.
        threshold: least probability of a label.
    """

    image_id: str | None = None
    sha256: str | None = None
    page: int | None = None
    uri: str | None = None
    width: int | None = None
    height: int | None = None
    metadata: Metadata = field(default_factory=dict)
    label: str | None = None
    state: LabelState | None = None
    confidence: float | None = None
    novelty: float | None = None
    neighbours: tuple[str, ...] = ()
    note: str | None = None
    source: str | None = None
    actor: str | None = None
    verified: bool | None = None
    created_at: datetime | None = None
    batch: int | None = None
    model: str | None = None
    recipe: str | None = None
    k: int | None = None
    threshold: float | None = None

    @property
    def file(self) -> str:
        """Name of the original's file; empty where the row has none.

        >>> LabelRow(uri="zip://slides/a.tif::/data/x.zip").file, LabelRow(uri="/scans/b.png").file
        ('a.tif', 'b.png')
        """
        path = PurePosixPath((self.uri or "").partition("::")[0]).name
        return PureWindowsPath(path).name

    @property
    def public_uri(self) -> str:
        """Where the original lies, as far as others can go there: an address whole, of a local path the file's name.

        >>> LabelRow(uri="https://example.org/b.png").public_uri, LabelRow(uri="/scans/b.png").public_uri
        ('https://example.org/b.png', 'b.png')
        """
        scheme, _, rest = (self.uri or "").partition("://")
        return self.uri or "" if rest and scheme not in {"zip", "file"} else self.file


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that was read.

    Attributes:
        line: where: the line of a table, or the position of an annotation, from 1.
        row: what it says.
    """

    line: int
    row: LabelRow


@dataclass(frozen=True, slots=True)
class Unread:
    """A row that cannot be read, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that a format, or this export, does not carry."""

    image: str
    reason: str


@dataclass(frozen=True, slots=True)
class About:
    """What a writer knows beside the rows.

    Attributes:
        collection: its name.
        preset: what its images show.
        fields: kinds of its metadata fields.
        depth: the metadata field that holds depths in metres, if one does.
        pictures: whether the images themselves go along, where the format has room for them.
        link: in place of copies, names of the originals: ``hard`` or ``symbolic``; None for copies.
        table_only: whether a table by itself is wanted, where the format has an archive of it.
        max_bytes: largest original that is read.
        max_pixels: largest image that is decoded.
    """

    collection: str
    preset: str = "generic"
    fields: Mapping[str, FieldKind] = field(default_factory=dict)
    depth: str | None = None
    pictures: bool = False
    link: str | None = None
    table_only: bool = False
    max_bytes: int = 2**30
    max_pixels: int = 2**30


@dataclass(slots=True)
class Written:
    """What a writer did.

    Attributes:
        rows: how many it wrote.
        pictures: how many images went along.
        left_out: what did not.
        notes: what a person should know.
    """

    rows: int = 0
    pictures: int = 0
    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
