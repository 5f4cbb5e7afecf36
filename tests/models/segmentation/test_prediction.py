from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from facies.core.errors import SegmentationError, SegmentationModelError
from facies.models.segmentation.drift import StatisticsGatherer
from facies.models.segmentation.feature_maps import FeatureMaps
from facies.models.segmentation.hypercolumns import Hypercolumns, open_hypercolumns
from facies.models.segmentation.pixel_classifier import KINDS, ClassifierKind, PixelClassifier, fit_classifier
from facies.models.segmentation.prediction import predict
from facies.models.segmentation.smoothing import smooth
from facies.models.segmentation.upsampling import Grid, upsample_bands
from tests.models.segmentation.drawn_maps import STEM, maps


@cache
def classifier(kind: ClassifierKind) -> PixelClassifier:
    rng = np.random.default_rng(0)
    codes = np.arange(90) % 3
    rows = (rng.normal(size=(90, STEM.channels)) + 0.4 * codes[:, None]).astype(np.float32)
    return fit_classifier(kind, rows, codes, trees=8)


def whole(kind: ClassifierKind, given_maps: FeatureMaps, radius: float) -> NDArray[np.float32]:
    """The same in one go, by its parts."""
    named = smooth(classifier(kind).probabilities(given_maps.grid()), radius)
    grid = Grid(given_maps.grid_shape, given_maps.stride, given_maps.grid_origin)
    shape = (given_maps.height, given_maps.width)
    (band,) = upsample_bands([named], grid, shape, band_rows=given_maps.height)
    return band.probabilities


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(KINDS),
    st.integers(1, 200),
    st.integers(1, 30),
    st.sampled_from([8, 16, 24, 64, 256]),
    st.sampled_from([0.0, 1.0, 3.5]),
    st.integers(1, 3),
)
def test_tiles_bands_and_threads_change_no_bit(  # noqa: PLR0917 (hypothesis gives them by position)
    kind: ClassifierKind, height: int, width: int, tile_rows: int, radius: float, threads: int
) -> None:
    given_maps = maps(height, width, seed=height)
    bands = list(
        predict(
            classifier(kind),
            given_maps.tiles(tile_rows),
            (height, width),
            smoothing_cells=radius,
            threads=threads,
            band_rows=32,
        )
    )
    assert [band.top for band in bands] == list(range(0, height, 32))
    joined = np.concatenate([band.probabilities for band in bands])
    np.testing.assert_array_equal(joined, whole(kind, given_maps, radius))
    np.testing.assert_allclose(joined.sum(axis=2), 1, atol=1e-5)


def test_rows_are_reported_as_they_are_done() -> None:
    seen: list[tuple[int, int]] = []
    given_maps = maps(300, 10)
    bands = predict(
        classifier("linear"), given_maps.tiles(64), (300, 10), on_rows=lambda done, rows: seen.append((done, rows))
    )
    assert sum(len(band.probabilities) for band in bands) == 300
    assert seen == [(256, 300), (300, 300)]


def test_no_tile_is_asked_for_before_it_is_needed() -> None:
    """Memory of a core of any length: bands come while tiles go in."""
    asked = 0

    def tiles() -> Iterator[FeatureMaps]:
        nonlocal asked
        for tile in maps(800, 10).tiles(64):
            asked += 1
            yield tile

    bands = predict(classifier("linear"), tiles(), (800, 10), smoothing_cells=3.0)
    next(bands)
    assert asked <= 6
    assert sum(1 for _ in bands) == 3


def test_statistics_are_of_what_was_not_smoothed() -> None:
    given_maps = maps(40, 30)
    gathered = [StatisticsGatherer(STEM.channels) for _ in range(2)]
    for gatherer, radius in zip(gathered, (0.0, 5.0), strict=True):
        for _ in predict(
            classifier("extra-trees"), [given_maps], (40, 30), smoothing_cells=radius, statistics=gatherer
        ):
            pass
    plain, smoothed = (gatherer.statistics() for gatherer in gathered)
    assert plain.unsure_share == smoothed.unsure_share > 0
    np.testing.assert_allclose(plain.means, given_maps.grid().reshape(-1, STEM.channels).mean(axis=0), atol=1e-4)


def test_tiles_that_do_not_cover_the_image_are_refused() -> None:
    model = classifier("linear")
    tiles = list(maps(64, 20).tiles(16))
    with pytest.raises(SegmentationError, match="no tiles"):
        list(predict(model, [], (64, 20)))
    with pytest.raises(SegmentationError, match="end at row 24 of the grid, the image has 32"):
        list(predict(model, tiles[:3], (64, 20)))
    with pytest.raises(SegmentationError, match=r"begins at row 16 .* expected row 8"):
        list(predict(model, [tiles[0], *tiles[2:]], (64, 20)))
    with pytest.raises(SegmentationError, match="10 columns, expected row 0 and 20"):
        list(predict(model, tiles, (64, 40)))


def test_maps_of_another_card_are_refused() -> None:
    rows = np.random.default_rng(0).normal(size=(10, 48)).astype(np.float32)
    with pytest.raises(SegmentationModelError, match=r"112 features.*trained on 48"):
        list(predict(fit_classifier("linear", rows, np.arange(10) % 2), [maps(8, 8)], (8, 8)))


@pytest.fixture(scope="module")
def hypercolumns(tmp_path_factory: pytest.TempPathFactory) -> Hypercolumns:
    return open_hypercolumns("lite0-stem-3", weights_dir=tmp_path_factory.mktemp("weights"), offline=True)


def test_a_photograph_of_a_core_is_named_from_its_strokes(
    test_data: Callable[[str], Path], hypercolumns: Hypercolumns
) -> None:
    """A window of the real mosaic, whose truth is known; each half is as good as the floor that colour is far below."""
    folder = test_data("core-fixed")
    window = slice(0, 640)
    image = np.asarray(Image.open(folder / "image.png").convert("RGB"))[window]
    labels = np.asarray(Image.open(folder / "labels.png"))[window]
    truth = np.asarray(Image.open(folder / "truth.png"))[window]
    classes, indices = np.unique(labels[labels != 255], return_inverse=True)
    rows, columns = np.nonzero(labels != 255)
    given_maps = hypercolumns.maps(image)
    model = fit_classifier("extra-trees", given_maps.features_at(rows, columns), indices)
    known = np.isin(truth, classes)
    right = []
    for radius in (0.0, 4.0):
        bands = predict(model, hypercolumns.tiles(image, 128), image.shape[:2], smoothing_cells=radius)
        mask = classes[np.concatenate([band.probabilities.argmax(axis=2) for band in bands])]
        right.append(float(np.mean(mask[known] == truth[known])))
    assert right[0] > 0.7
    assert right[1] > right[0]
