"""Filters as chosen on the page, turned into the JSON form of `facies.core.filters`. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Bounds = tuple[float | None, float | None]
"""Lowest and highest value that pass; None leaves a side open."""


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """What a person chose.

    Attributes:
        labels: any of these labels; empty lets all pass.
        words: for each keyword field, any of these values.
        bounds: for each numeric field, the range that passes, ends included.
    """

    labels: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bounds: Mapping[str, Bounds] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many fields are filtered."""
        return bool(self.labels) + sum(bool(v) for v in self.words.values()) + len(_ranges(self.bounds))


def split_words(text: str) -> tuple[str, ...]:
    """The values in a text field, parted by ``|`` or ``;`` (a comma may belong to a value)."""
    return tuple(dict.fromkeys(w.strip() for w in text.replace(";", "|").split("|") if w.strip()))


def to_where(choice: FilterChoice) -> dict[str, Any] | None:
    """The filter of a search body; None where nothing is filtered."""
    parts = [_any_of("label", choice.labels)] if choice.labels else []
    parts += [_any_of(name, values) for name, values in choice.words.items() if values]
    parts += _ranges(choice.bounds)
    if len(parts) > 1:
        return {"all": parts}
    return parts[0] if parts else None


def _any_of(name: str, values: Sequence[str]) -> dict[str, Any]:
    return {"field": name, "any_of": list(values)}


def _ranges(bounds: Mapping[str, Bounds]) -> list[dict[str, Any]]:
    found = []
    for name, (low, high) in bounds.items():
        span = {key: value for key, value in (("gte", low), ("lte", high)) if value is not None}
        if span:
            found.append({"field": name, "range": span})
    return found
