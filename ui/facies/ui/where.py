"""Filters as chosen on the page: into the JSON form of `facies.core.filters`, into an address, and back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Bounds = tuple[float | None, float | None]
"""Lowest and highest value that pass; None leaves a side open."""

ALWAYS: Mapping[str, str] = {"label": "keyword", "state": "keyword"}
"""Fields that images of every collection have, beside its own."""

_TO = ".."


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """What a person chose.

    Attributes:
        words: for each keyword field (`label` and `state` among them), any of these values.
        bounds: for each numeric field, the range that passes, ends included.
    """

    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bounds: Mapping[str, Bounds] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many fields are filtered."""
        return sum(bool(v) for v in self.words.values()) + len(_ranges(self.bounds))

    def without(self, name: str) -> FilterChoice:
        """The same, and nothing said of one field."""
        return FilterChoice(
            {one: values for one, values in self.words.items() if one != name},
            {one: bounds for one, bounds in self.bounds.items() if one != name},
        )


def to_where(choice: FilterChoice) -> dict[str, Any] | None:
    """The filter of a search body; None where nothing is filtered."""
    parts: list[dict[str, Any]] = [
        {"field": name, "any_of": list(values)} for name, values in choice.words.items() if values
    ]
    parts += _ranges(choice.bounds)
    if len(parts) > 1:
        return {"all": parts}
    return parts[0] if parts else None


def to_texts(choice: FilterChoice) -> list[str]:
    """What an address says of it, one text for each value or range.

    Example:
        >>> to_texts(FilterChoice({"label": ("azolla",), "well": ("6407/6-5",)}, {"depth_m": (1200, None)}))
        ['label=azolla', 'well=6407/6-5', 'depth_m=1200..']
    """
    texts = [f"{name}={value}" for name, values in choice.words.items() for value in values]
    for name, (low, high) in choice.bounds.items():
        if (low, high) != (None, None):
            texts.append(f"{name}={_number(low)}{_TO}{_number(high)}")
    return texts


def read_texts(texts: Iterable[str], kinds: Mapping[str, str]) -> tuple[FilterChoice, list[str]]:
    """The choice that an address tells of, and those of its texts that mean nothing in this collection.

    Args:
        texts: as `to_texts` writes them.
        kinds: of each field: ``keyword``, ``integer`` or ``float``.
    """
    words: dict[str, tuple[str, ...]] = {}
    bounds: dict[str, Bounds] = {}
    strange = []
    for text in texts:
        name, _, value = text.partition("=")
        kind = kinds.get(name)
        span = _read_range(value, whole=kind == "integer") if kind in ("integer", "float") else None
        if kind == "keyword" and value:
            words[name] = tuple(dict.fromkeys([*words.get(name, ()), value]))
        elif span is not None:
            bounds[name] = span
        else:
            strange.append(text)
    return FilterChoice(words, bounds), strange


def _read_range(text: str, *, whole: bool) -> Bounds | None:
    low, found, high = text.partition(_TO)
    try:
        ends = [None if not end else int(end) if whole else float(end) for end in (low, high)]
    except ValueError:
        return None
    return (ends[0], ends[1]) if found else None


def _number(value: float | None) -> str:
    return "" if value is None else repr(value)


def _ranges(bounds: Mapping[str, Bounds]) -> Sequence[dict[str, Any]]:
    found = []
    for name, (low, high) in bounds.items():
        span = {key: value for key, value in (("gte", low), ("lte", high)) if value is not None}
        if span:
            found.append({"field": name, "range": span})
    return found
