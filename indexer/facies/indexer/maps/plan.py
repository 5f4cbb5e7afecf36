"""What is to be done for a map: nothing, a few images placed on it, or a new layout. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from facies.core.maps import MapRecord
    from facies.core.records import VectorRecord

REFIT_SHARE: Final = 0.1
"""When more than this part of the images is new to a layout, another one is made."""

MapAction: TypeAlias = Literal["auto", "fit", "place"]


@dataclass(frozen=True, slots=True)
class MapOptions:
    """How a map is to be made.

    Attributes:
        action: ``fit`` lays out anew, ``place`` puts what is new on the map that there is, ``auto`` chooses.
        vector: the named vector whose neighbours count; None for the one that is searched by default.
        neighbours: how many of each image are drawn to it, at least 2.
        min_dist: how near to each other points may come, 0 to 1.
        seed: of samples and layout.
        sample: most images that a layout is computed from; the others are placed on it.
        fresh: start from principal components, also where there is an older map to start from.
        keep: how many maps of this vector are kept, the new one counted.
    """

    action: MapAction = "auto"
    vector: str | None = None
    neighbours: int = 15
    min_dist: float = 0.1
    seed: int = 0
    sample: int = 200_000
    fresh: bool = False
    keep: int = 5


def find_layout(maps: Sequence[MapRecord], vector: VectorRecord) -> MapRecord | None:
    """The newest map by UMAP of a vector as it is made today; None where there is none."""
    return next((one for one in maps if one.facts.method == "umap" and _is_of(one, vector)), None)


def choose_action(options: MapOptions, layout: MapRecord | None, new: int) -> Literal["fit", "place", "nothing"]:
    """Decide what is to be done.

    Args:
        options: see `MapOptions`.
        layout: see `find_layout`.
        new: how many images have the vector and are not on that map.

    Of what is placed before, `MapRecord.points` above `fitted`, all is new to the layout too.
    """
    if options.action == "fit" or layout is None:
        return "fit"
    if new == 0:
        return "nothing"
    if options.action == "place":
        return "place"
    strange = new + layout.points - min(layout.points, _known_to(layout))
    return "fit" if strange > REFIT_SHARE * (layout.points + new) else "place"


def superseded(maps: Sequence[MapRecord], vector: VectorRecord, keep: int) -> list[int]:
    """Numbers of the maps that go when a new one of a vector comes: by components, of the vector as it was, too old."""
    same = [one for one in maps if one.facts.vector == vector.name]
    stay = [one for one in same if one.facts.method == "umap"][: max(keep - 1, 0)]
    return [one.number for one in same if one not in stay]


def _known_to(layout: MapRecord) -> int:
    """Images that were there when the layout was made; beyond a sample they were placed, and yet are not new."""
    return int(layout.facts.parameters.get("images", layout.facts.fitted))


def _is_of(one: MapRecord, vector: VectorRecord) -> bool:
    return one.facts.vector == vector.name and one.facts.digest == vector.fingerprint.digest
