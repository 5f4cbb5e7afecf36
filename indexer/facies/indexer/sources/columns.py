"""Typing the columns of a manifest: a column holds whole numbers, decimals or text, never a mixture."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from facies.core.records import Metadata, MetadataValue

if TYPE_CHECKING:
    from facies.core.records import FieldKind

_INTEGER = re.compile(r"[+-]?(0|[1-9][0-9]{0,17})")
"""At most 18 digits, which fit 64 bits; a leading zero means a name (slide 007), not a number."""
_FLOAT = re.compile(r"[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_UNKNOWN = frozenset({"nan", "na", "n/a", "null"})
"""What spreadsheets write for an unknown number, in lower case; in a column of text it is text."""


def cell_kind(cell: str) -> FieldKind | None:
    """Tell the kind of one cell; None where it is empty or an unknown number.

    >>> [cell_kind(c) for c in ("12", "1200.5", "007", "nan", "")]
    ['integer', 'float', 'keyword', None, None]
    """
    text = cell.strip()
    if not text or text.lower() in _UNKNOWN:
        return None
    if _INTEGER.fullmatch(text):
        return "integer"
    if _FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return "float"
    return "keyword"


def value_kind(value: MetadataValue) -> FieldKind:
    """Tell the kind of a value.

    >>> value_kind(12), value_kind("12")
    ('integer', 'keyword')
    """
    if isinstance(value, str):
        return "keyword"
    return "float" if isinstance(value, float) else "integer"


def widest(kinds: Iterable[FieldKind]) -> FieldKind:
    """The kind that holds them all.

    >>> widest(["integer", "float"]), widest(["float", "keyword"])
    ('float', 'keyword')
    """
    seen = set(kinds)
    if "keyword" in seen or not seen:
        return "keyword"
    return "float" if "float" in seen else "integer"


def read_cell(cell: str, kind: FieldKind) -> MetadataValue | None:
    """Read a cell of a column; None where it holds nothing.

    >>> read_cell(" 12 ", "float"), read_cell("NaN", "float"), read_cell("12", "keyword")
    (12.0, None, '12')
    """
    text = cell.strip()
    if not text:
        return None
    if kind == "keyword":
        return text
    if text.lower() in _UNKNOWN:
        return None
    return float(text) if kind == "float" else int(text)


def fit(metadata: Metadata, kinds: Mapping[str, FieldKind]) -> dict[str, MetadataValue]:
    """Give metadata in the kinds that a collection's fields have: numbers widen to decimals or become text."""
    return {name: _fit(value, kinds.get(name)) for name, value in metadata.items()}


def _fit(value: MetadataValue, kind: FieldKind | None) -> MetadataValue:
    if kind == "keyword":
        return str(value)
    return float(value) if kind == "float" and isinstance(value, int) else value
