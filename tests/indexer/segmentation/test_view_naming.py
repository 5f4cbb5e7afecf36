"""A picture named whole: as bands would name it, and in views."""

from __future__ import annotations

import numpy as np
import pytest

from facies.core.settings import Settings
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.pictures import Picture
from facies.indexer.segmentation.view_naming import name_by_views
from facies.indexer.segmentation.views import VIEW_SETS, View, find_views
from facies.models.segmentation.drift import StatisticsGatherer
from facies.models.segmentation.pixel_classifier import PixelClassifier, fit_classifier
from facies.models.segmentation.prediction import predict

CARD = "lite0-stem"
SHAPE = (70, 46)


@pytest.fixture(scope="module")
def bench_of_views(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(Settings(data_dir=tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="module")
def picture() -> Picture:
    pixels = np.random.default_rng(1).integers(0, 256, (*SHAPE, 3), dtype=np.uint8)
    pixels[30:] //= 3
    return Picture("a.png", "cd" * 32, pixels)


@pytest.fixture(scope="module")
def classifier(bench_of_views: Bench, picture: Picture) -> PixelClassifier:
    rows, columns = np.random.default_rng(2).integers(0, SHAPE, (60, 2)).T
    features = bench_of_views.features_at(picture, CARD, rows, columns)
    return fit_classifier("extra-trees", features, (rows >= 30).astype(np.int32), trees=8)


def test_without_views_it_is_what_bands_say(
    bench_of_views: Bench, picture: Picture, classifier: PixelClassifier
) -> None:
    named = name_by_views(bench_of_views, CARD, classifier, picture, radius_cells=2, views=find_views("none"))
    bands = predict(classifier, bench_of_views.tiles(picture, CARD), SHAPE, smoothing_cells=2)
    np.testing.assert_array_equal(named, np.concatenate([band.probabilities for band in bands]))


def test_maps_on_the_disk_are_those_of_the_picture_as_it_lies(
    bench_of_views: Bench, picture: Picture, classifier: PixelClassifier, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The maps of the picture were kept by the fit; a view of the same shape must not take them for its own."""
    empty = Bench(Settings(data_dir=tmp_path_factory.mktemp("empty")))
    for views in ((View(2),), VIEW_SETS["flips"]):
        kept, fresh = (
            name_by_views(bench, CARD, classifier, picture, radius_cells=0, views=views)
            for bench in (bench_of_views, empty)
        )
        np.testing.assert_array_equal(kept, fresh)


def test_rows_of_all_views_are_told_of_and_looked_at(
    bench_of_views: Bench, picture: Picture, classifier: PixelClassifier
) -> None:
    told: list[tuple[int, int]] = []
    statistics = StatisticsGatherer(classifier.feature_count)
    named = name_by_views(
        bench_of_views,
        CARD,
        classifier,
        picture,
        radius_cells=0,
        views=find_views("all"),
        statistics=statistics,
        on_rows=lambda done, total: told.append((done, total)),
    )
    height, width = SHAPE
    assert told[-1] == (4 * (height + width),) * 2
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    np.testing.assert_allclose(named.sum(axis=2), 1, atol=1e-5)
    assert statistics.statistics().means.shape == (classifier.feature_count,)
