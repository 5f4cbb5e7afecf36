"""Places for strokes on constructed pictures of doubt."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facies.core.errors import DepthError
from facies.core.segmentation.class_table import ClassTable
from facies.indexer.segmentation.depth import DepthScale
from facies.indexer.segmentation.doubt import DoubtGrid
from facies.indexer.segmentation.rock import RockMask
from facies.indexer.segmentation.suggestions import suggest_strokes

TABLE = ClassTable.of_names(["sand", "shale", "coal"])
NONE = (np.empty(0, np.int64), np.empty(0, np.int64))
Image = NDArray[np.float32]


def doubt_of(uncertainty: Image, likely: tuple[int, int] = (0, 1)) -> DoubtGrid:
    """Two classes share what there is, so that 1 less their margin is the uncertainty given."""
    probabilities = np.zeros((*uncertainty.shape, 3), np.float32)
    probabilities[..., likely[0]] = 1 - uncertainty / 2
    probabilities[..., likely[1]] = uncertainty / 2
    grid = DoubtGrid((uncertainty.shape[0], uncertainty.shape[1]), 3)
    grid.add(0, probabilities, uncertainty)
    return grid


def place_features(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Image:
    return np.column_stack([np.sin(rows / 40), np.cos(rows / 55), np.sin(columns / 30)]).astype(np.float32)


def noise(height: int = 640, width: int = 200, seed: int = 0) -> Image:
    coarse = np.random.default_rng(seed).random((height // 20 + 1, width // 20 + 1))
    return np.kron(coarse, np.ones((20, 20)))[:height, :width].astype(np.float32)


def test_the_one_place_of_doubt_is_found_and_its_classes_named() -> None:
    uncertainty = np.zeros((400, 200), np.float32)
    uncertainty[280:330, 90:150] = 0.9
    found = suggest_strokes(
        doubt_of(uncertainty, (2, 0)), place_features, NONE, TABLE, 3, scale=DepthScale(100.0, 104.0, 400)
    )
    assert len(found) >= 1
    best = max(found, key=lambda one: one.uncertainty)
    assert 280 <= best.row < 330
    assert 90 <= best.column < 150
    assert best.likely == (2, 0)
    assert best.probabilities == pytest.approx((0.55, 0.45), abs=0.1)
    assert best.depth_m == pytest.approx(100 + (best.row + 0.5) / 100)
    assert best.reason.startswith(f"{best.depth_m:.3f} m, column {best.column}: coal or sand?")
    for one in found:  # discs may reach into the place of doubt, none lies where all is sure
        assert 260 <= one.row < 350


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 1000), st.integers(1, 20))
def test_discs_keep_off_labels_and_what_is_no_rock_and_each_other(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    labelled = (rng.integers(0, 640, 30), rng.integers(0, 200, 30))
    cells = np.ones((160, 50), dtype=np.bool_)
    cells[60:80] = False
    cells[:, :8] = False
    rock = RockMask(cells, 4, (640, 200), "drawn")
    arguments = (doubt_of(noise(seed=seed)), place_features, labelled, TABLE, count)
    found = suggest_strokes(*arguments, rock=rock)
    assert found == suggest_strokes(*arguments, rock=rock)
    assert len(found) <= count
    is_rock = rock.rows(0, 640)
    for one in found:
        assert np.hypot(labelled[0] - one.row, labelled[1] - one.column).min() > one.radius_px
        assert is_rock[one.row, one.column]
    for one, other in combinations(found, 2):
        assert max(abs(one.row - other.row), abs(one.column - other.column)) >= 2 * 16


def test_places_are_spread_over_the_core_though_doubt_is_greatest_at_one_end() -> None:
    uncertainty = noise(960, 200) * np.linspace(1, 0.2, 960)[:, None].astype(np.float32)
    found = suggest_strokes(doubt_of(uncertainty), place_features, NONE, TABLE, 6)
    assert sorted(one.row * 6 // 960 for one in found) == [0, 1, 2, 3, 4, 5]


def test_of_equal_doubt_the_kind_of_rock_that_was_not_labelled_is_asked_about() -> None:
    uncertainty = np.full((320, 320), 0.5, np.float32)

    def features(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Image:
        kind = (columns // 80) % 4
        return np.eye(4, dtype=np.float32)[kind] + rows[:, None].astype(np.float32) * 1e-6

    labelled = (np.full(60, 20), np.concatenate([np.arange(10, 40), np.arange(90, 120)]))  # kinds 0 and 1
    found = suggest_strokes(doubt_of(uncertainty), features, labelled, TABLE, 2)
    assert {one.column // 80 for one in found} == {2, 3}


def test_where_all_is_sure_or_labelled_nothing_is_suggested() -> None:
    sure = doubt_of(np.zeros((200, 100), np.float32))
    assert suggest_strokes(sure, place_features, NONE, TABLE, 5) == ()
    everywhere = tuple(at.ravel() for at in np.mgrid[0:200, 0:100])
    assert suggest_strokes(doubt_of(noise(200, 100)), place_features, (everywhere[0], everywhere[1]), TABLE, 5) == ()


@pytest.mark.parametrize(("count", "radius_px"), [(0, 8), (501, 8), (3, 0)])
def test_counts_and_radii_that_make_no_sense_are_refused(count: int, radius_px: int) -> None:
    with pytest.raises(DepthError, match="were asked for"):
        suggest_strokes(doubt_of(noise()), place_features, NONE, TABLE, count, radius_px=radius_px)


def test_a_table_of_another_number_of_classes_is_refused() -> None:
    with pytest.raises(DepthError, match="3 classes came with a table of 2"):
        suggest_strokes(doubt_of(noise()), place_features, NONE, ClassTable.of_names(["a", "b"]), 2)
