"""The errors of maps; import them from `facies.core.errors`, which draws their tree."""

from __future__ import annotations

from collections.abc import Iterable

from facies.core.error_base import FaciesError


class MapError(FaciesError):
    """A map that cannot be made, or a question to one that makes no sense."""


class MapNotFoundError(MapError):
    """The collection has no map of this number."""

    def __init__(self, collection: str, number: int | None, known: Iterable[int]) -> None:
        """Name the collection, the map (None: any) and those that there are."""
        there = ", ".join(map(str, sorted(known)))
        wanted = "no map yet" if number is None else f"no map {number}"
        others = f"It has {there}." if there else "None was made, or it was deleted."
        super().__init__(
            f"the collection {collection!r} has {wanted}. {others} `facies map make --collection {collection}` makes "
            "one."
        )


class TooFewImagesError(MapError):
    """There is nothing to lay out."""

    def __init__(self, collection: str, vector: str, count: int, least: int) -> None:
        """Name collection and vector, and how many images have it."""
        super().__init__(
            f"{count} images of {collection!r} have a vector {vector!r}, expected at least {least} for a map; index "
            "more."
        )


class StaleMapError(MapError):
    """Labels or images have changed since somebody looked."""

    def __init__(self, seen: str, now: str) -> None:
        """Say what was seen, and what there is now."""
        super().__init__(f"the collection has changed: {seen} was seen, now it is {now}. Nothing was done; look again.")


class PolygonError(MapError):
    """A polygon that encloses nothing, or is none."""
