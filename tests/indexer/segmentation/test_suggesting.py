"""Where to draw next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facies.core.errors import SegmentationModelError
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.depth import Section
from facies.indexer.segmentation.generated_cores import GeneratedScene
from facies.indexer.segmentation.suggesting import SuggestionOrder, suggest
from facies.models.segmentation.model_file import load_model, save_model


@pytest.fixture
def order(core_folder: Path, core_model: Path) -> SuggestionOrder:
    return SuggestionOrder(core_model, core_folder / "image.png", core_folder / "strokes.json", count=4, radius_px=6)


def tell(_stage: str, _done: int, _total: int) -> None:
    """Be told and do nothing."""


def test_places_lie_in_the_picture_and_not_on_strokes(
    order: SuggestionOrder, bench: Bench, core_scene: GeneratedScene
) -> None:
    found = suggest(order, bench, tell)
    assert 0 < len(found) <= 4
    labelled = core_scene.labels.image() != 255
    height, width = labelled.shape
    for one in found:
        assert 0 <= one.row < height
        assert 0 <= one.column < width
        assert not labelled[round(one.row), round(one.column)]
    assert suggest(order, bench, tell) == found


def test_depths_are_told_where_they_are_known(order: SuggestionOrder, bench: Bench) -> None:
    placed = replace(order, section=Section(order.image, 100.0, 101.0))
    for plain, deep in zip(suggest(order, bench, tell), suggest(placed, bench, tell), strict=True):
        assert plain.depth_m is None
        assert deep.depth_m == pytest.approx(100 + (deep.row + 0.5) / 192, abs=0.01)
        assert deep.row == plain.row


def test_a_model_that_smooths_by_mm_takes_the_scale_that_is_given(
    order: SuggestionOrder, bench: Bench, core_model: Path, tmp_path: Path
) -> None:
    by_mm = tmp_path / "mm.model"
    save_model(replace(load_model(core_model), smoothing_px=None, smoothing_mm=4.0), by_mm)
    with pytest.raises(SegmentationModelError, match="--mm-per-px"):
        suggest(replace(order, model=by_mm), bench, tell)
    scaled = suggest(replace(order, model=by_mm, mm_per_px=0.5), bench, tell)
    assert np.array_equal([one.row for one in scaled], [one.row for one in suggest(order, bench, tell)])
