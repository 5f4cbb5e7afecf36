"""Colours of a map: one value for each point, and what the values mean. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from facies.core.records import MetadataValue
from facies.core.wire_maps import ColumnType, LegendEntry

MOST_CATEGORIES: Final = 1_000
"""Categories that are told apart; what is beyond is one more, together."""

_TYPES: Final[Mapping[str, ColumnType]] = {"uint8": "u1", "uint16": "u2", "float32": "f4"}

NOT_THERE: Final = -1
"""Row of a point whose image is gone."""


@dataclass(frozen=True, slots=True)
class Colouring:
    """What a map is coloured by.

    Attributes:
        by: ``label``, ``state``, or a metadata field.
        rank: of the collection's taxonomy, that labels are brought to.
        parts: up to which part of the map; None for all.
    """

    by: str = "label"
    rank: str | None = None
    parts: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """Values of all points of a map.

    Attributes:
        values: shape (n,); codes (uint8, uint16), or numbers (float32, NaN where an image has none).
        gone_code: what the points hold whose image is gone.
        entries: what the codes mean; empty for numbers.
        low: least number; None for categories, or without any.
        high: greatest number.
    """

    values: NDArray[Any]
    gone_code: float
    entries: tuple[LegendEntry, ...]
    low: float | None = None
    high: float | None = None

    @property
    def type(self) -> ColumnType:
        """How the values are packed."""
        return _TYPES[self.values.dtype.name]

    @property
    def gone(self) -> int:
        """How many points have no image any more."""
        return int((self.values == self.gone_code).sum())

    def pack(self) -> bytes:
        """The values as bytes, little endian."""
        return self.values.astype(self.values.dtype.newbyteorder("<"), copy=False).tobytes()


def category_column(names: Sequence[str | None], rows: NDArray[np.int64]) -> Column:
    """Give each category a code, the most frequent the least; equally frequent ones in order of name, None last.

    Args:
        names: of each image, its category.
        rows: shape (n,), of each point the image, or `NOT_THERE`. Only images that are on the map are counted.
    """
    kinds, of_image = _factorize(names)
    on_map = rows[rows != NOT_THERE]
    counts = np.bincount(of_image[on_map], minlength=len(kinds))
    order = sorted(
        (at for at in range(len(kinds)) if counts[at]), key=lambda at: (-counts[at], kinds[at] is None, kinds[at] or "")
    )
    told, rest = order[:MOST_CATEGORIES], order[MOST_CATEGORIES:]
    code_of = np.full(len(kinds) + 1, len(told), dtype=np.int64)
    code_of[told] = np.arange(len(told))
    width = np.uint8 if len(told) + bool(rest) < np.iinfo(np.uint8).max else np.uint16
    gone_code = int(np.iinfo(width).max)
    codes = np.where(rows == NOT_THERE, gone_code, code_of[np.append(of_image, len(kinds))[rows]])
    entries = [LegendEntry(code=code, value=kinds[at], count=int(counts[at])) for code, at in enumerate(told)]
    if rest:
        entries.append(LegendEntry(code=len(told), value=None, count=int(counts[rest].sum()), rest=True))
    return Column(codes.astype(width), gone_code, tuple(entries))


def number_column(values: Sequence[MetadataValue | None], rows: NDArray[np.int64]) -> Column:
    """Take numbers as they are; what is none is NaN.

    Args:
        values: of each image.
        rows: shape (n,), of each point the image, or `NOT_THERE`.
    """
    numbers = np.array([one if isinstance(one, int | float) else np.nan for one in values] + [-np.inf])
    column = numbers[rows].astype(np.float32)
    finite = column[np.isfinite(column)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (None, None)
    return Column(column, -np.inf, (), low, high)


def _factorize(names: Sequence[str | None]) -> tuple[list[str | None], NDArray[np.int64]]:
    """Distinct values in the order in which they come, and of each name which it is."""
    kinds = list(Counter(names))
    place = {kind: at for at, kind in enumerate(kinds)}
    return kinds, np.fromiter((place[name] for name in names), dtype=np.int64, count=len(names))
