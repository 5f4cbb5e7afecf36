"""Maps of generated vectors; everything but the network is the real part."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from facies.core.errors import QueryError, TooFewImagesError
from facies.core.maps import MapRecord, unpack_ids
from facies.core.records import Fingerprint, VectorRecord
from facies.core.store import CollectionSchema, Point
from facies.core.workspace import Workspace
from facies.indexer.maps import layouts, making
from facies.indexer.maps.making import make_map
from facies.indexer.maps.plan import MapOptions
from facies.indexer.maps.steps import PlainSteps
from facies.models.maps.layout import LayoutOptions
from facies.models.maps.neighbours import NeighbourTable

DEFAULT = MapOptions()
DIM = 12
MADE_BY = Fingerprint("drawn", "00" * 32, "none", "one view", "numpy", "f32")


def vectors_of(count: int, seed: int = 0) -> NDArray[np.float32]:
    """Of four groups, in turn."""
    drawn = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((4, DIM))
    rows = centres[np.arange(count) % 4] + 0.2 * drawn.standard_normal((count, DIM))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def id_of(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))


Fill = Callable[..., None]


@pytest.fixture
def fill(workspace: Workspace) -> Fill:
    """Put points into the store; the catalogue's rows of images play no part in a map."""

    def put(count: int, first: int = 0) -> None:
        if not workspace.store.collections():
            workspace.catalog.create_collection("c", "generic", [VectorRecord("drawn", DIM, MADE_BY)])
            workspace.store.ensure("c", CollectionSchema({"drawn": DIM}))
        rows = vectors_of(first + count)[first:]
        workspace.store.upsert("c", [Point(id_of(first + n), {"drawn": row}) for n, row in enumerate(rows)])

    return put


@pytest.fixture
def flat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave all where they start, for tests of what is around a layout: the real one takes ten seconds to compile."""

    def stay(
        _table: NeighbourTable, start: NDArray[np.float32], _options: LayoutOptions, tell: Callable[..., None]
    ) -> NDArray[np.float32]:
        tell(1, 1)
        return start

    monkeypatch.setattr(layouts, "lay_out_apart", stay)


def make(workspace: Workspace, run: str = "r", options: MapOptions = DEFAULT) -> making.MapReport:
    return make_map(workspace, "c", options, PlainSteps(run))


def group_share(workspace: Workspace, number: int) -> float:
    """Of the images, how many lie nearest to the middle of their own group."""
    points = workspace.catalog.map_points("c", number)
    group_of = {id_of(n): n % 4 for n in range(2000)}
    groups = np.array([group_of[one] for one in unpack_ids(points.ids)])
    centres = np.stack([np.median(points.positions[groups == group], axis=0) for group in range(4)])
    nearest = np.linalg.norm(points.positions[:, None] - centres, axis=2).argmin(axis=1)
    return float((nearest == groups).mean())


def numbers(maps: list[MapRecord]) -> list[tuple[int, str]]:
    return [(one.number, one.facts.method) for one in maps]


def test_a_map_is_made_completed_and_made_anew_from_the_old_one(workspace: Workspace, fill: Fill) -> None:
    fill(200)
    first = make(workspace)
    assert (first.action, first.points, first.fitted, first.placed, first.start) == ("fitted", 200, 200, 0, None)
    assert first.trustworthiness is not None
    assert first.trustworthiness > 0.9
    assert group_share(workspace, first.map) > 0.95
    laid = workspace.catalog.map_points("c", first.map)

    assert make(workspace, run="again").action == "nothing"
    fill(10, first=200)
    placed = make(workspace, run="more")
    assert (placed.action, placed.map, placed.points, placed.placed) == ("placed", first.map, 210, 10)
    assert group_share(workspace, first.map) > 0.95
    frozen = workspace.catalog.map_points("c", first.map, parts=1)
    assert np.array_equal(frozen.positions, laid.positions)
    assert make(workspace, run="more").action == "nothing"

    fill(40, first=210)
    second = make(workspace, run="much more")
    assert (second.action, second.points, second.start) == ("fitted", 250, first.map)
    assert group_share(workspace, second.map) > 0.95
    assert numbers(workspace.catalog.maps("c")) == [(second.map, "umap"), (first.map, "umap")]
    now = workspace.catalog.map_points("c", second.map)
    where = dict(zip(unpack_ids(now.ids), now.positions, strict=True))
    moved = np.stack([where[one] for one in unpack_ids(laid.ids)])
    stays = np.corrcoef(moved.ravel(), laid.positions.ravel())[0, 1]
    assert stays > 0.8  # whoever knew the old one finds the way


@pytest.mark.usefixtures("flat")
def test_beyond_the_sample_images_are_placed(workspace: Workspace, fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "PLACED_AT_ONCE", 60)
    fill(300)
    made = make(workspace, options=MapOptions(sample=100))
    assert (made.points, made.fitted, made.placed) == (300, 100, 200)
    record = workspace.catalog.map("c", made.map)
    assert record.parts == 1 + 4
    assert group_share(workspace, made.map) > 0.95
    assert make(workspace, run="again", options=MapOptions(sample=100)).action == "nothing"


def test_the_principal_plane_is_there_while_the_layout_is_computed(
    workspace: Workspace, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(80)

    def die(*_: object) -> None:
        raise KeyError("killed")

    monkeypatch.setattr(layouts, "lay_out_apart", die)
    with pytest.raises(KeyError):
        make(workspace)
    (plane,) = workspace.catalog.maps("c")
    assert (plane.facts.method, plane.points) == ("pca", 80)
    with pytest.raises(KeyError):
        make(workspace)
    assert len(workspace.catalog.maps("c")) == 1
    monkeypatch.undo()
    made = make(workspace)
    assert numbers(workspace.catalog.maps("c")) == [(made.map, "umap")]  # and the plane is gone


@pytest.mark.usefixtures("flat")
def test_an_attempt_goes_on_where_the_one_before_was_killed(workspace: Workspace, fill: Fill) -> None:
    fill(120)

    class Kept(PlainSteps):
        """What outlives an attempt, and where the next one is killed."""

        def __init__(self) -> None:
            super().__init__("job")
            self.kept: dict[str, bytes] = {}
            self.stages: list[str] = []
            self.killed_at = ""

        def progress(self, stage: str, done: int = 0, total: int | None = None) -> None:
            self.stages.append(stage)
            if stage == self.killed_at:
                raise KeyError(stage)

        def load(self, name: str) -> bytes | None:
            return self.kept.get(name)

        def save(self, name: str, data: bytes) -> None:
            self.kept[name] = data

    steps = Kept()
    for stage, kept in (("laying out", 1), ("judging the layout", 2), ("placing", 2)):
        steps.killed_at = stage
        with pytest.raises(KeyError):
            make_map(workspace, "c", MapOptions(sample=100), steps)
        assert len(steps.kept) == kept
    assert steps.stages.count("finding neighbours") == 1  # of 100 queries one block
    (stored,) = (one for one in workspace.catalog.maps("c") if one.facts.method == "umap")
    assert stored.points == 100
    steps.killed_at = ""
    done = make_map(workspace, "c", MapOptions(sample=100), steps)
    assert (done.map, done.action, done.points, done.placed) == (stored.number, "fitted", 120, 20)
    assert make_map(workspace, "c", MapOptions(sample=100), steps).map == stored.number  # killed after the last step
    assert len(workspace.catalog.maps("c")) == 1


@pytest.mark.usefixtures("flat")
def test_what_makes_no_map_is_told(workspace: Workspace, fill: Fill) -> None:
    fill(2)
    with pytest.raises(TooFewImagesError, match="2 images of 'c' have a vector 'drawn', expected at least 3"):
        make(workspace)
    with pytest.raises(QueryError, match=r"no vector 'other'\. There are: drawn"):
        make(workspace, options=MapOptions(vector="other"))
    fill(1, first=2)
    three = make(workspace)
    assert (three.points, three.trustworthiness) == (3, None)


def test_equal_images_and_a_fresh_start(workspace: Workspace, fill: Fill) -> None:
    fill(1)
    row = vectors_of(1)[0]
    workspace.store.upsert("c", [Point(id_of(n), {"drawn": row}) for n in range(20)])
    made = make(workspace)
    assert made.points == 20
    assert np.isfinite(workspace.catalog.map_points("c", made.map).positions).all()
    again = make(workspace, run="fresh", options=MapOptions(action="fit", fresh=True, keep=1))
    assert again.start is None
    assert [one.number for one in workspace.catalog.maps("c")] == [again.map]
