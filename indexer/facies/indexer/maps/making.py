"""Making a map: read the vectors, show their principal plane at once, lay out, place the rest.

What was acknowledged stays: the map is stored with the points of its layout in one transaction, and images that are
placed on it are added in parts. A making that was killed goes on there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from facies.core.errors import TooFewImagesError
from facies.core.maps import MapFacts, MapPoints, MapRecord, pack_ids, unpack_ids
from facies.indexer.maps.layouts import make_layout, place_near
from facies.indexer.maps.plan import MapOptions, choose_action, find_layout, superseded
from facies.indexer.named_vectors import get_vector
from facies.indexer.sampling import fetch_vectors, pick_evenly
from facies.models.maps.principal import Plane, fit_plane
from facies.models.maps.trust import sampled_trustworthiness

if TYPE_CHECKING:
    from facies.core.metrics import Embeddings
    from facies.core.records import VectorRecord
    from facies.core.workspace import Workspace
    from facies.indexer.maps.steps import Steps

LEAST: Final = 3
"""Images that make a map; of fewer there is nothing to see."""

PLACED_AT_ONCE: Final = 20_000
"""Images that are placed in one part; each part is a transaction."""


@dataclass(slots=True)
class MapReport:
    """What became of a map.

    Attributes:
        collection: its name.
        map: the number of the map.
        action: whether a layout was made, images were placed on one, or nothing was to be done.
        vector: the named vector whose neighbours count.
        points: images on the map now.
        fitted: images that its layout was computed from.
        placed: images that were placed on it by this run.
        start: the map that the layout started from; None for principal components.
        trustworthiness: see `facies.core.maps.MapFacts`.
        notes: what a person should know.
    """

    collection: str
    map: int
    action: Literal["fitted", "placed", "nothing"]
    vector: str
    points: int
    fitted: int
    placed: int
    start: int | None
    trustworthiness: float | None
    notes: list[str] = field(default_factory=list)


def make_map(
    workspace: Workspace, collection: str, options: MapOptions, steps: Steps, *, device: str = "cpu"
) -> MapReport:
    """Bring the map of a collection up to date.

    Raises:
        CollectionNotFoundError: there is none of this name.
        QueryError: it has no vector of the name.
        TooFewImagesError: fewer than `LEAST` images have the vector.
        MapError: the layout could not be computed.
        StorageError: the disk is full.
    """
    making = _Making(workspace, collection, options, steps, device)
    return making.make()


class _Making:
    def __init__(self, workspace: Workspace, collection: str, options: MapOptions, steps: Steps, device: str) -> None:
        self._catalog, self._store = workspace.catalog, workspace.store
        self._name, self._options, self._steps, self._device = collection, options, steps, device
        self._vector: VectorRecord = get_vector(self._catalog.collection(collection), options.vector)

    def make(self) -> MapReport:
        steps, options = self._steps, self._options
        steps.progress("reading ids")
        ids = self._ids()
        if len(ids) < LEAST:
            raise TooFewImagesError(self._name, self._vector.name, len(ids), LEAST)
        maps = self._catalog.maps(self._name)
        mine = next((one for one in maps if one.facts.parameters.get("run") == steps.run), None)
        if mine is not None and mine.facts.method == "umap":  # an earlier attempt has got as far as this
            return self._report(mine, "fitted", self._place(mine, ids))
        layout = find_layout(maps, self._vector)
        action = choose_action(options, layout, 0 if layout is None else len(self._missing(layout, ids)))
        if layout is None or action == "fit":
            made = self._fit(ids, maps, None if options.fresh else layout)
            return self._report(made, "fitted", self._place(made, ids))
        placed = self._place(layout, ids) if action == "place" else 0
        return self._report(layout, "placed" if action == "place" else "nothing", placed)

    def _ids(self) -> list[str]:
        """Ids of the images that have the vector, in order."""
        lacking = {point.id for point in self._store.scroll(self._name, lacking=self._vector.name)}
        return sorted(point.id for point in self._store.scroll(self._name) if point.id not in lacking)

    def _fit(self, ids: list[str], maps: list[MapRecord], layout: MapRecord | None) -> MapRecord:
        options, steps = self._options, self._steps
        sample = [ids[at] for at in pick_evenly(len(ids), options.sample, options.seed)]
        sample, vectors = self._read(sample, "reading vectors")
        if len(sample) < LEAST:
            raise TooFewImagesError(self._name, self._vector.name, len(sample), LEAST)
        parameters = {
            "neighbours": options.neighbours,
            "min_dist": options.min_dist,
            "seed": options.seed,
            "sample": options.sample,
            "images": len(ids),
            "run": steps.run,
        }
        if not any(one.facts.vector == self._vector.name for one in maps):
            self._show_plane(ids, sample, vectors)
        old = None if layout is None else self._catalog.map_points(self._name, layout.number)
        laid = make_layout(sample, vectors, options=options, old=old, steps=steps, device=self._device)
        steps.progress("judging the layout")
        facts = MapFacts(
            vector=self._vector.name,
            digest=self._vector.fingerprint.digest,
            method="umap",
            fitted=len(sample),
            start=None if layout is None else layout.number,
            trustworthiness=sampled_trustworthiness(vectors, laid, seed=options.seed),
            parameters=parameters,
        )
        steps.progress("storing the map")
        gone = superseded(self._catalog.maps(self._name), self._vector, options.keep)
        return self._catalog.add_map(self._name, facts, MapPoints(pack_ids(sample), laid), instead_of=gone)

    def _show_plane(self, ids: list[str], sample: list[str], vectors: Embeddings) -> None:
        """Store the principal plane of all images, for those who look while the layout is being computed."""
        self._steps.progress("finding the principal plane")
        plane = fit_plane(vectors)
        facts = MapFacts(
            vector=self._vector.name,
            digest=self._vector.fingerprint.digest,
            method="pca",
            fitted=len(sample),
            parameters={"images": len(ids), "seed": self._options.seed, "run": self._steps.run},
        )
        made = self._catalog.add_map(self._name, facts, MapPoints(pack_ids(sample), plane.place(vectors)))
        others = sorted(set(ids) - set(sample))  # few or none, but where there are more than fit into a sample
        for block in self._on_plane(plane, others):
            self._catalog.add_map_points(self._name, made.number, block)

    def _on_plane(self, plane: Plane, ids: list[str]) -> Iterator[MapPoints]:
        for start in range(0, len(ids), PLACED_AT_ONCE):
            found, vectors = self._read(ids[start : start + PLACED_AT_ONCE], "placing on the principal plane")
            if found:
                yield MapPoints(pack_ids(found), plane.place(vectors))

    def _place(self, layout: MapRecord, ids: list[str]) -> int:
        """Put all images on a map that are not there; gives how many."""
        missing = self._missing(layout, ids)
        if not missing:
            return 0
        points = self._catalog.map_points(self._name, layout.number)
        fitted = slice(0, layout.facts.fitted)
        there = unpack_ids(points.ids[fitted])
        found, vectors = self._read(there, "reading the layout's vectors")
        if not found:
            raise TooFewImagesError(self._name, self._vector.name, 0, LEAST)
        row_of = {one: row for row, one in enumerate(there)}
        positions = points.positions[fitted][[row_of[one] for one in found]]
        placed = 0
        for start in range(0, len(missing), PLACED_AT_ONCE):
            some, new = self._read(missing[start : start + PLACED_AT_ONCE], "reading vectors to place")
            if not some:
                continue
            places = place_near(new, vectors, positions, steps=self._steps, stage="placing", device=self._device)
            self._catalog.add_map_points(self._name, layout.number, MapPoints(pack_ids(some), places))
            placed += len(some)
        return placed

    def _missing(self, layout: MapRecord, ids: list[str]) -> list[str]:
        known = pack_ids(ids)
        there = set(self._catalog.map_points(self._name, layout.number).ids.tolist())
        return [text for text, one in zip(ids, known.tolist(), strict=True) if one not in there]

    def _read(self, ids: list[str], stage: str) -> tuple[list[str], Embeddings]:
        return fetch_vectors(
            self._store,
            self._name,
            self._vector.name,
            ids,
            lambda done, total: self._steps.progress(stage, done, total),
        )

    def _report(self, made: MapRecord, action: Literal["fitted", "placed", "nothing"], placed: int) -> MapReport:
        now = self._catalog.map(self._name, made.number)
        return MapReport(
            collection=self._name,
            map=now.number,
            action=action,
            vector=self._vector.name,
            points=now.points,
            fitted=now.facts.fitted,
            placed=placed,
            start=now.facts.start,
            trustworthiness=now.facts.trustworthiness,
        )
