"""A trained segmentation: classifier, classes, the maps it reads, and what it was trained on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from facies.core.errors import ModelMapsMismatchError, SegmentationError, SegmentationModelError
from facies.models.segmentation.smoothing import check_radius_px

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facies.core.segmentation.class_table import ClassTable
    from facies.models.segmentation.drift import ImageStatistics
    from facies.models.segmentation.pixel_classifier import ClassifierKind, PixelClassifier

Task: TypeAlias = Literal["core", "macerals"]


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """An image of training.

    Attributes:
        name: of the file.
        sha256: of its bytes.
        height: in pixels.
        width: in pixels.
        labelled: how many of its pixels were labelled, per class of the model's table.
    """

    name: str
    sha256: str
    height: int
    width: int
    labelled: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SegmentationModel:
    """All that is needed to segment a further image in the same way.

    Attributes:
        task: what it segments.
        card: name of the hypercolumn card.
        maps_fingerprint: of the maps that it was trained on: card, weights and arithmetic.
        classes: their ids, names and colours; the index of each is the classifier's.
        kind: of the classifier.
        classifier: names pixels.
        training: statistics of the images of training, against which drift is measured.
        mm_per_px: scale of the images of training, where it is known.
        smoothing_mm: radius of the smoothing; None where it is given in pixels.
        smoothing_px: radius of the smoothing in pixels of the image, where no scale is known.
        trained_on: the images.
        created: date and time in UTC, ISO 8601.
        facies_version: that trained it.
        report: figures of the training, as JSON.

    Raises:
        SegmentationModelError: the parts do not fit each other.
    """

    task: Task
    card: str
    maps_fingerprint: str
    classes: ClassTable
    kind: ClassifierKind
    classifier: PixelClassifier
    training: ImageStatistics
    created: str
    facies_version: str
    mm_per_px: float | None = None
    smoothing_mm: float | None = None
    smoothing_px: float | None = None
    trained_on: tuple[TrainedOn, ...] = ()
    report: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count, features = len(self.classes), self.classifier.feature_count
        if self.classifier.classes != count:
            raise SegmentationModelError(
                f"the classifier tells {self.classifier.classes} classes apart, the table has {count}"
            )
        if len(self.training.means) != features:
            raise SegmentationModelError(
                f"the statistics are of {len(self.training.means)} features, the classifier takes {features}"
            )
        if any(len(one.labelled) != count for one in self.trained_on):
            raise SegmentationModelError(
                f"an image of training counts labels of other classes than the {count} there are"
            )
        if self.smoothing_mm is not None and self.smoothing_px is not None:
            raise SegmentationModelError("the smoothing is given both in mm and in pixels, expected one of them")
        for name, value in (("smoothing_mm", self.smoothing_mm), ("smoothing_px", self.smoothing_px)):
            if value is not None and not 0 <= value < np.inf:
                raise SegmentationModelError(f"{name} is {value}, expected 0 (none) or more")
        self._check_radius(self.smoothing_px or 0.0, "smoothing_px")
        if self.mm_per_px is not None and not 0 < self.mm_per_px < np.inf:
            raise SegmentationModelError(f"mm_per_px is {self.mm_per_px}, expected more than 0")

    def radius_cells(self, stride: int, mm_per_px: float | None) -> float:
        """The radius of its smoothing on a grid.

        Args:
            stride: of the grid, in pixels.
            mm_per_px: scale of the image to be segmented; None: the same as that of training.

        Raises:
            SegmentationModelError: the radius is in mm and no scale is known, or makes no sense at the scale.
        """
        if self.smoothing_px is not None:
            return self.smoothing_px / stride
        if not self.smoothing_mm:
            return 0.0
        scale = mm_per_px or self.mm_per_px
        if scale is None:
            raise SegmentationModelError(
                f"the model smooths by {self.smoothing_mm:g} mm, and neither it nor the image has a scale; give "
                "--mm-per-px, or a smoothing in pixels"
            )
        self._check_radius(
            self.smoothing_mm / scale, f"the model's smoothing of {self.smoothing_mm:g} mm at {scale:g} mm a pixel"
        )
        return self.smoothing_mm / scale / stride

    @staticmethod
    def _check_radius(radius_px: float, what: str) -> None:
        try:
            check_radius_px(radius_px, what)
        except SegmentationError as error:
            raise SegmentationModelError(error.message) from error

    def check_maps(self, card: str, fingerprint: str) -> None:
        """Refuse maps that were made in another way than those of training.

        Raises:
            ModelMapsMismatchError: the card, its weights or the arithmetic differ.
        """
        if card != self.card:
            raise ModelMapsMismatchError("card", self.card, card)
        if fingerprint != self.maps_fingerprint:
            raise ModelMapsMismatchError("weights or arithmetic", self.maps_fingerprint, fingerprint)
