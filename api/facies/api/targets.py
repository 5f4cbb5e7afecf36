"""What a person names on the command line: files, folders, ids of images."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from facies.core.client import File
from facies.core.errors import QueryError, UnreadableImageError
from facies.core.wire import Crop, Example


@dataclass(frozen=True, slots=True)
class Target:
    """An image to ask about: a file, or an image of the collection by its id.

    Attributes:
        text: as it was given, or for a file of a folder its path below that folder's.
        path: the file; None for an id.
    """

    text: str
    path: Path | None

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


def read_target(text: str) -> Target:
    """Tell a file from an id; a file that exists wins.

    Raises:
        QueryError: it is neither.
    """
    path = Path(text)
    if path.exists():
        return Target(text, path)
    try:
        return Target(str(uuid.UUID(text)), None)
    except ValueError:
        raise QueryError(f"{text!r} is neither a file that exists nor the id of an image (a UUID)") from None


def expand_targets(texts: Sequence[str]) -> Iterator[Target]:
    """Files and ids as given; in place of a folder the files below it in order of name, hidden ones left out.

    Raises:
        QueryError: a text is neither a file or folder nor an id.
    """
    for text in texts:
        target = read_target(text)
        if target.path is None or not target.path.is_dir():
            yield target
            continue
        for path in sorted(target.path.rglob("*")):
            below = path.relative_to(target.path)
            if path.is_file() and not any(part.startswith(".") for part in below.parts):
                yield Target(str(path), path)


def make_examples(targets: Sequence[Target], crop: Crop | None = None) -> tuple[list[Example], list[File]]:
    """The examples of a query and the files that they name by position; a crop goes to each example."""
    examples: list[Example] = []
    files: list[File] = []
    for target in targets:
        if target.path is None:
            examples.append(Example(id=target.text, crop=crop))
        else:
            examples.append(Example(upload=len(files), crop=crop))
            files.append(target.read())
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
