"""Jobs of kind ``map``. Neighbours and layout are kept between attempts, and so is every part that was placed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from facies.indexer.jobs.parameters import CollectionParameters
from facies.indexer.maps.plan import MapOptions

if TYPE_CHECKING:
    from facies.indexer.jobs.work import Work


class MapParameters(CollectionParameters):
    """Bring the map of a collection up to date, as `facies map make` does; see `MapOptions`."""

    action: Literal["auto", "fit", "place"] = "auto"
    vector: str | None = None
    neighbours: int = Field(15, ge=2, le=200)
    min_dist: float = Field(0.1, ge=0, le=1)
    seed: int = Field(0, ge=0, lt=2**32)
    sample: int = Field(200_000, ge=100, le=1_000_000)
    fresh: bool = False
    keep: int = Field(5, ge=1, le=100)

    def options(self) -> MapOptions:
        """As the making takes them."""
        return MapOptions(**self.model_dump(exclude={"collection"}))


def run(work: Work) -> dict[str, Any]:
    """Make or complete a map; gives a `facies.indexer.maps.making.MapReport`.

    Raises:
        JobBrokenOffError: the attempt was to end; what was stored stays.
        FaciesError: see `facies.indexer.maps.making.make_map`.
    """
    from facies.indexer.maps.making import make_map
    from facies.indexer.maps.steps import JobSteps
    from facies.models.runtimes.choice import choose_device

    given = work.parameters(MapParameters)
    device = choose_device(work.settings.models.device)
    return asdict(make_map(work.workspace, given.collection, given.options(), JobSteps(work), device=device))
