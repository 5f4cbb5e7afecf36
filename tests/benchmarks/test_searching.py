"""The search bench from end to end on few vectors: engine, service, numpy, and the collection that is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import gallery, searching
from benchmarks.gallery import open_gallery
from benchmarks.plot import draw_growth
from benchmarks.searching import ROOM, case_of, measure_search
from benchmarks.table import Table
from benchmarks.vectors import draw_vectors
from facies.core.settings import StoreSettings

COUNT = 2000


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def measured(cache: Path) -> Table:
    table = Table()
    store = StoreSettings(graph_above=1000)  # so that a graph is built, as with many vectors
    measure_search(table, cache, COUNT, store, peers=False, queries=60)
    return table


@pytest.mark.parametrize("quantity", ["engine", "http", "filtered 1 %", "filtered 10 %"])
def test_the_true_neighbours_are_found(measured: Table, quantity: str) -> None:
    found = measured.value(ROOM, case_of(COUNT, StoreSettings()), f"{quantity} recall@10")
    assert found is not None
    assert found > 0.98


def test_everything_that_is_promised_is_measured(measured: Table) -> None:
    case = case_of(COUNT, StoreSettings())
    for quantity in (
        *("engine p50", "engine p95", "http p50", "http p95", "http, 1 at once", "http, 4 at once"),
        *("filtered 1 % p50", "filtered 10 % p50", "numpy p50", "disk", "memory of the service"),
        *("opening, to the first answer", "building the graph", "worst request while the graph was built"),
    ):
        value = measured.value(ROOM, case, quantity)
        assert value is not None, quantity
        assert value > 0, quantity
    assert measured.value(ROOM, case, "share in the graph") == 1


def test_what_depends_on_the_same_is_not_built_again(
    measured: Table, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert measured.value(ROOM, case_of(COUNT, StoreSettings()), "built by an earlier run") == 0
    store = StoreSettings(graph_above=1000)
    again = open_gallery(cache, draw_vectors(COUNT), store)
    assert again.cached
    assert again.building.requests > 0
    other = open_gallery(cache, draw_vectors(COUNT), StoreSettings(graph_above=5000))
    assert not other.cached
    assert other.building.requests == 0
    assert len(list(cache.iterdir())) == 1, "the collection that fits no more was kept"
    monkeypatch.setattr(gallery, "_SOURCES", ("benchmarks/table.py",))
    assert not open_gallery(cache, draw_vectors(COUNT), StoreSettings(graph_above=5000)).cached


def test_a_build_that_was_cut_off_is_made_anew(cache: Path) -> None:
    vectors, store = draw_vectors(1000), StoreSettings()
    built = open_gallery(cache, vectors, store)
    (built.data_dir.parent / "figures.json").unlink()
    assert not open_gallery(cache, vectors, store).cached


def test_an_image_is_no_neighbour_of_its_own() -> None:
    vectors = draw_vectors(200)
    rows = np.array([3, 77])
    found = searching._neighbours_of(rows, vectors)
    assert found.shape == (2, 10)
    assert not (found == rows[:, None]).any()


def test_growth_is_drawn(measured: Table, tmp_path: Path) -> None:
    path = draw_growth(measured, [COUNT], tmp_path / "growth.png")
    assert path.read_bytes().startswith(b"\x89PNG")
