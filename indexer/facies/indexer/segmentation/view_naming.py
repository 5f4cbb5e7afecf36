"""What a classifier says of a whole picture, as it lies or averaged over views of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from facies.indexer.segmentation.views import View, predict_by_views
from facies.models.segmentation.prediction import predict

if TYPE_CHECKING:
    from facies.core.images import RgbImage
    from facies.indexer.segmentation.bench import Bench
    from facies.indexer.segmentation.pictures import Picture
    from facies.indexer.segmentation.views import ProbabilityImage
    from facies.models.segmentation.drift import StatisticsGatherer
    from facies.models.segmentation.feature_maps import FeatureMaps
    from facies.models.segmentation.pixel_classifier import PixelClassifier


def name_by_views(
    bench: Bench,
    card: str,
    classifier: PixelClassifier,
    picture: Picture,
    *,
    radius_cells: float,
    views: tuple[View, ...],
    statistics: StatisticsGatherer | None = None,
    on_rows: Callable[[int, int], None] | None = None,
) -> ProbabilityImage:
    """Name the pixels of a picture.

    Args:
        bench: opens the card, and has the picture's maps where they were kept.
        card: of the hypercolumns that the classifier was fitted on.
        classifier: names pixels.
        picture: to be named; all of its probabilities are in memory, so it is a photomicrograph and no core.
        radius_cells: of the smoothing, on the grid of the card.
        views: at least one; maps of the picture as it lies come from the disk where they are, those of others do not.
        statistics: takes in all views, to measure drift by.
        on_rows: called with the rows that are done and how many there are, over all views; may raise to break off.

    Returns:
        shape (height, width, K), float32.
    """
    done = 0
    total = sum(view.lay(picture.pixels).shape[0] for view in views)

    def name(shape: tuple[int, int], tiles: Iterable[FeatureMaps]) -> ProbabilityImage:
        nonlocal done
        probabilities = np.empty((*shape, classifier.classes), np.float32)
        for band in predict(
            classifier, tiles, shape, smoothing_cells=radius_cells, threads=bench.threads, statistics=statistics
        ):
            probabilities[band.top : band.top + len(band.probabilities)] = band.probabilities
            if on_rows is not None:
                on_rows(done + band.top + len(band.probabilities), total)
        done += shape[0]
        return probabilities

    def name_view(laid: RgbImage) -> ProbabilityImage:
        return name((laid.shape[0], laid.shape[1]), bench.hypercolumns(card).tiles(laid))

    if views == (View(),):
        return name(picture.shape, bench.tiles(picture, card))
    return predict_by_views(picture.pixels, name_view, views)
