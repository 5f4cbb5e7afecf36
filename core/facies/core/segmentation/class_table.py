"""Classes of a segmentation: ids as files hold them, names, colours, and the indices that arithmetic uses.

An *id* is what stands in a mask or label image, any number from 0 to 255. An *index* is the place of a class in its
table, from 0 without gaps. Files have ids, arrays between them have indices.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import ClassTableError, UnknownClassError
from facies.core.segmentation.class_colours import Colour, colour_of

MAX_ID = 255
"""An indexed PNG has so many entries."""
_MAX_NAME = 200
_FULL_PALETTE = 256


@dataclass(frozen=True, slots=True)
class SegmentationClass:
    """One class.

    Attributes:
        id: its value in masks and label images, 0 to `MAX_ID`.
        name: what people call it.
        colour: red, green and blue, 0 to 255.

    Raises:
        ClassTableError: a value is outside its range, or the name is empty.
    """

    id: int
    name: str
    colour: Colour

    def __post_init__(self) -> None:
        if not 0 <= self.id <= MAX_ID:
            raise ClassTableError(
                f"class {self.name!r} has the id {self.id}, expected a whole number from 0 to {MAX_ID}"
            )
        if not self.name.strip() or self.name != self.name.strip() or len(self.name) > _MAX_NAME:
            raise ClassTableError(
                f"class {self.id} is called {self.name[:_MAX_NAME]!r}, expected a name of 1 to {_MAX_NAME} characters "
                "without blanks around it"
            )
        if len(self.colour) != 3 or not all(0 <= value <= 255 for value in self.colour):
            raise ClassTableError(f"class {self.name!r} has the colour {self.colour}, expected three values 0 to 255")


@dataclass(frozen=True, slots=True)
class ClassTable:
    """Classes in a fixed order; the place of each is its index.

    Raises:
        ClassTableError: it is empty, or two classes share an id or, in any case of letters, a name.

    Example:
        >>> table = ClassTable.of_names(["shale", "sand"])
        >>> table.index_of(np.array([1, 0])).tolist(), table.resolve("Sand"), table.ids_of(np.array([0])).tolist()
        ([1, 0], 1, [0])
    """

    classes: tuple[SegmentationClass, ...]
    _index_of_id: dict[int, int] = field(init=False, repr=False, compare=False)
    _index_of_name: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.classes:
            raise ClassTableError("a table of classes has no class, expected at least one")
        _refuse_twice("id", [one.id for one in self.classes])
        _refuse_twice("name", [one.name.casefold() for one in self.classes])
        object.__setattr__(self, "_index_of_id", {one.id: at for at, one in enumerate(self.classes)})
        object.__setattr__(self, "_index_of_name", {one.name.casefold(): at for at, one in enumerate(self.classes)})

    @classmethod
    def of_ids(cls, ids: Iterable[int]) -> ClassTable:
        """Make a table of the ids that were found, in rising order; names and colours follow from the ids alone."""
        return cls(
            tuple(SegmentationClass(number, f"class {number}", colour_of(number)) for number in sorted(set(ids)))
        )

    @classmethod
    def of_names(cls, names: Sequence[str]) -> ClassTable:
        """Make a table of names; ids count from 0 in the order given."""
        return cls(tuple(SegmentationClass(number, name, colour_of(number)) for number, name in enumerate(names)))

    def __len__(self) -> int:
        return len(self.classes)

    @property
    def ids(self) -> NDArray[np.int64]:
        """The ids by index, (K,)."""
        return np.array([one.id for one in self.classes], np.int64)

    @property
    def names(self) -> tuple[str, ...]:
        """The names by index."""
        return tuple(one.name for one in self.classes)

    def index_of(self, ids: NDArray[np.integer], where: str = "the mask") -> NDArray[np.int32]:
        """Turn ids of any shape into indices of the same shape.

        Raises:
            UnknownClassError: an id is not in the table; all that are not are named.
        """
        lookup = np.full(MAX_ID + 2, -1, np.int32)
        lookup[self.ids] = np.arange(len(self.classes))
        indices = lookup[np.where((ids < 0) | (ids > MAX_ID), MAX_ID + 1, ids)]
        if indices.size and indices.min() < 0:
            raise self.unknown(where, np.unique(ids[indices < 0]).tolist())
        return indices

    def ids_of(self, indices: NDArray[np.integer]) -> NDArray[np.uint8]:
        """Turn indices of any shape into ids of the same shape, as masks hold them."""
        return np.asarray(self.ids[indices], np.uint8)

    def find(self, word: int | str) -> int | None:
        """Find the index of a class by its id or its name; text of digits that is no name is an id."""
        if isinstance(word, str):
            named = self._index_of_name.get(word.strip().casefold())
            if named is not None:
                return named
            if not re.fullmatch(r"[0-9]{1,3}", word.strip()):
                return None
        return self._index_of_id.get(int(word))

    def resolve(self, word: int | str, where: str = "the request") -> int:
        """Find the index of a class as `find` does.

        Raises:
            UnknownClassError: there is none.
        """
        index = self.find(word)
        if index is None:
            raise self.unknown(where, [word])
        return index

    def unknown(self, where: str, words: Iterable[int | str]) -> UnknownClassError:
        """The error about classes that this table lacks."""
        return UnknownClassError(where, words, [(one.id, one.name) for one in self.classes])

    def palette(self) -> NDArray[np.uint8]:
        """The colours by id as an indexed PNG holds them, (256, 3); ids of no class are black."""
        colours = np.zeros((_FULL_PALETTE, 3), np.uint8)
        colours[self.ids] = [one.colour for one in self.classes]
        return colours


def _refuse_twice(what: str, values: Sequence[int] | Sequence[str]) -> None:
    twice = [str(value) for value, count in Counter(values).items() if count > 1]
    if twice:
        raise ClassTableError(f"several classes have the same {what}: {', '.join(twice)}; each needs one of its own")
