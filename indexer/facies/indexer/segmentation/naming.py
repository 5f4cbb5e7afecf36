"""Naming the pixels of a picture by a model, band by band, with a look at whether the picture is still of its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facies.models.segmentation.drift import DriftReport, StatisticsGatherer, measure_drift, uncertainty
from facies.models.segmentation.prediction import predict

if TYPE_CHECKING:
    from facies.indexer.segmentation.bench import Bench
    from facies.indexer.segmentation.pictures import Picture
    from facies.models.segmentation.segmentation_model import SegmentationModel


@dataclass(frozen=True, slots=True, eq=False)
class NamedBand:
    """Rows of a picture with what the model says of them.

    Attributes:
        top: the first row.
        probabilities: (h, width, K) float32.
        classes: (h, width) uint8, index of the most probable class.
        uncertainty: (h, width) float32, 1 less the margin between the two most probable.
    """

    top: int
    probabilities: NDArray[np.float32]
    classes: NDArray[np.uint8]
    uncertainty: NDArray[np.float32]

    @property
    def bottom(self) -> int:
        """The row behind the last."""
        return self.top + len(self.classes)


class Naming:
    """One picture under one model. Go through `bands` once; then `drift` knows what the picture was like."""

    def __init__(
        self, bench: Bench, model: SegmentationModel, picture: Picture, *, mm_per_px: float | None = None
    ) -> None:
        """Take the parts.

        Args:
            bench: opens the model's card.
            model: names pixels.
            picture: to be named.
            mm_per_px: its scale; None: that of training.

        Raises:
            ModelMapsMismatchError: the card gives other maps here than those the model was trained on.
            SegmentationModelError: the smoothing is in mm, and no scale is known.
        """
        hypercolumns = bench.hypercolumns(model.card)
        model.check_maps(hypercolumns.card.name, hypercolumns.fingerprint)
        self._radius = model.radius_cells(hypercolumns.card.stride, mm_per_px)
        self._bench, self._model, self._picture = bench, model, picture
        self._statistics = StatisticsGatherer(model.classifier.feature_count)

    def bands(self, on_rows: Callable[[int, int], None] | None = None) -> Iterator[NamedBand]:
        """Name the picture from the top down.

        Args:
            on_rows: called with the rows that are done and how many there are; may raise to break off.
        """
        for band in predict(
            self._model.classifier,
            self._bench.tiles(self._picture, self._model.card),
            self._picture.shape,
            smoothing_cells=self._radius,
            threads=self._bench.threads,
            statistics=self._statistics,
            on_rows=on_rows,
        ):
            classes = band.probabilities.argmax(axis=-1).astype(np.uint8)
            yield NamedBand(band.top, band.probabilities, classes, uncertainty(band.probabilities))

    @property
    def drift(self) -> DriftReport:
        """How the picture differs from those of training.

        Raises:
            SegmentationError: no band was asked for yet.
        """
        return measure_drift(self._model.training, self._statistics.statistics())
