"""What a person names on the command line: files, folders, ids of images, and boxes on them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from facies.core.client import File
from facies.core.errors import QueryError, UnreadableImageError
from facies.core.wire_search import Crop, Example


@dataclass(frozen=True, slots=True)
class Target:
    """An image to ask about: a file, or an image of the collection by its id; whole, or a box of it.

    Attributes:
        text: as it was given, without the box; for a file of a folder its path below that folder's.
        path: the file; None for an id.
        crop: the box that counts; None for the whole image.
        named: whether a person named it, as opposed to a folder that it lies in.
    """

    text: str
    path: Path | None
    crop: Crop | None = None
    named: bool = True

    def read(self) -> File:
        """The file's name and bytes.

        Raises:
            UnreadableImageError: the system refuses.
        """
        path = self.path or Path(self.text)
        try:
            return path.name, path.read_bytes()
        except OSError as error:
            raise UnreadableImageError(self.text, error.strerror or str(error)) from error


@dataclass(frozen=True, slots=True)
class Absent:
    """What is neither a file nor an id, and the message that says so."""

    text: str

    @property
    def error(self) -> QueryError:
        """To be raised, or listed."""
        return QueryError(
            f"{self.text!r} is neither a file that exists nor the id of an image (a UUID), nor either of them with a "
            "crop (@X,Y,WIDTH,HEIGHT) behind it"
        )


def read_target(text: str) -> Target:
    """Tell a file from an id, either with ``@X,Y,WIDTH,HEIGHT`` behind it; a file that exists wins.

    Raises:
        QueryError: it is neither, or what follows the ``@`` is no box.
    """
    found = _find_target(text)
    if isinstance(found, Absent):
        raise found.error
    return found


def _find_target(text: str) -> Target | Absent:
    whole = _read_whole(text)
    if whole is not None:
        return whole
    name, _, box = text.rpartition("@")
    image = _read_whole(name) if name else None
    if image is None:
        return Absent(text)
    return replace(image, crop=parse_crop(box))


def _read_whole(text: str) -> Target | None:
    path = Path(text)
    if path.exists():
        return Target(text, path)
    try:
        return Target(str(uuid.UUID(text)), None)
    except ValueError:
        return None


def expand_targets(texts: Sequence[str]) -> Iterator[Target | Absent]:
    """Files and ids as given; in place of a folder the files below it in order of name, hidden ones left out.

    What is neither is given as `Absent`, since the others may be there.

    Raises:
        QueryError: there is a crop of a folder, or what follows an ``@`` is no box.
    """
    for text in texts:
        target = _find_target(text)
        if isinstance(target, Absent) or target.path is None or not target.path.is_dir():
            yield target
            continue
        if target.crop is not None:
            raise QueryError(f"a crop is a part of one image, and {target.text!r} is a folder")
        for path in sorted(target.path.rglob("*")):
            below = path.relative_to(target.path)
            if path.is_file() and not any(part.startswith(".") for part in below.parts):
                yield Target(str(path), path, named=False)


def make_examples(targets: Sequence[Target], crop: Crop | None = None) -> tuple[list[Example], list[File]]:
    """The examples of a query and the files that they name by position, each file once.

    Args:
        targets: what the examples are made of.
        crop: for each target that has none of its own.
    """
    examples: list[Example] = []
    places: dict[Path, int] = {}
    files: list[File] = []
    for target in targets:
        box = target.crop or crop
        if target.path is None:
            examples.append(Example(id=target.text, crop=box))
            continue
        if target.path not in places:
            places[target.path] = len(files)
            files.append(target.read())
        examples.append(Example(upload=places[target.path], crop=box))
    return examples, files


def parse_crop(text: str) -> Crop:
    """Read ``x,y,width,height`` in pixels.

    Example:
        >>> parse_crop("10,20,100,80").width
        100

    Raises:
        QueryError: these are not four whole numbers in range.
    """
    try:
        x, y, width, height = (int(part) for part in text.split(","))
        return Crop(x=x, y=y, width=width, height=height)
    except ValueError as error:  # pydantic's ValidationError is one too
        raise QueryError(
            f"a crop is x,y,width,height in pixels with width and height at least 1, e.g. 10,20,100,80; got {text!r}"
        ) from error
