"""Models that name macerals, of pixels or of networks that were trained whole: one way to ask both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from facies.core.errors import SegmentationModelError
from facies.indexer.segmentation.maceral_classes import find_background
from facies.indexer.segmentation.view_naming import name_by_views
from facies.indexer.segmentation.views import predict_by_views
from facies.models.checkpoints import is_safetensors
from facies.models.segmentation.drift import StatisticsGatherer, measure_drift
from facies.models.segmentation.model_file import load_model

if TYPE_CHECKING:
    from facies.core.segmentation import ClassTable
    from facies.indexer.segmentation.bench import Bench
    from facies.indexer.segmentation.pictures import Picture
    from facies.indexer.segmentation.views import ProbabilityImage, View
    from facies.models.segmentation.drift import DriftReport
    from facies.models.segmentation.segmentation_model import SegmentationModel, Task
    from facies.models.segmentation.segmenter import FinetunedSegmenter


@dataclass(frozen=True, slots=True, eq=False)
class NamedPicture:
    """What a model says of a picture.

    Attributes:
        probabilities: (height, width, K) float32.
        drift: how the picture differs from those of training; None where the model knows nothing about them.
    """

    probabilities: ProbabilityImage
    drift: DriftReport | None


class MaceralModel(Protocol):
    """Names the pixels of pictures."""

    @property
    def table(self) -> ClassTable:
        """The classes."""

    @property
    def background(self) -> int | None:
        """Id of the class that is no maceral, where training was told."""

    def radius_px(self, mm_per_px: float | None) -> float:
        """The radius that answers about a picture of a scale are smoothed by, in its pixels."""

    def name(
        self,
        picture: Picture,
        views: tuple[View, ...],
        *,
        mm_per_px: float | None,
        on_rows: Callable[[int, int], None] | None = None,
    ) -> NamedPicture:
        """Name a picture in some views; `mm_per_px` is its scale, `on_rows` is told of rows that are done."""


class PixelMaceralModel:
    """A model that names pixel by pixel from the maps of a card."""

    def __init__(self, model: SegmentationModel, bench: Bench) -> None:
        """Take the model and what opens its card.

        Raises:
            ModelMapsMismatchError: the card gives other maps here than those that the model was trained on.
        """
        hypercolumns = bench.hypercolumns(model.card)
        model.check_maps(hypercolumns.card.name, hypercolumns.fingerprint)
        self._model, self._bench, self._stride = model, bench, hypercolumns.card.stride

    @property
    def table(self) -> ClassTable:
        """See `MaceralModel`."""
        return self._model.classes

    @property
    def background(self) -> int | None:
        """See `MaceralModel`."""
        told: Any = self._model.report.get("background")
        return told if isinstance(told, int) else None

    def radius_px(self, mm_per_px: float | None) -> float:
        """See `MaceralModel`.

        Raises:
            SegmentationModelError: the smoothing is in mm and no scale is known, or makes no sense at the scale.
        """
        return self._model.radius_cells(self._stride, mm_per_px) * self._stride

    def name(
        self,
        picture: Picture,
        views: tuple[View, ...],
        *,
        mm_per_px: float | None,
        on_rows: Callable[[int, int], None] | None = None,
    ) -> NamedPicture:
        """See `MaceralModel`.

        Raises:
            SegmentationModelError: the smoothing is in mm, and no scale is known.
        """
        statistics = StatisticsGatherer(self._model.classifier.feature_count)
        probabilities = name_by_views(
            self._bench,
            self._model.card,
            self._model.classifier,
            picture,
            radius_cells=self._model.radius_cells(self._stride, mm_per_px),
            views=views,
            statistics=statistics,
            on_rows=on_rows,
        )
        return NamedPicture(probabilities, measure_drift(self._model.training, statistics.statistics()))


class NetworkMaceralModel:
    """A network that was trained on masks whole."""

    def __init__(self, segmenter: FinetunedSegmenter) -> None:
        """Take the network."""
        self._segmenter = segmenter

    @property
    def table(self) -> ClassTable:
        """See `MaceralModel`."""
        return self._segmenter.facts.table

    @property
    def background(self) -> int | None:
        """See `MaceralModel`."""
        facts = self._segmenter.facts
        return facts.table.classes[facts.background].id

    def radius_px(self, mm_per_px: float | None) -> float:
        """See `MaceralModel`; what a network says is not smoothed."""
        del mm_per_px
        return 0.0

    def name(
        self,
        picture: Picture,
        views: tuple[View, ...],
        *,
        mm_per_px: float | None,
        on_rows: Callable[[int, int], None] | None = None,
    ) -> NamedPicture:
        """See `MaceralModel`."""
        if on_rows is not None:
            on_rows(0, len(views))
        return NamedPicture(predict_by_views(picture.pixels, self._segmenter.probabilities, views), None)


def open_maceral_model(path: Path, bench: Bench) -> MaceralModel:
    """Open the file of a model of pixels, or of a network; which of them it is follows from its content.

    Raises:
        SegmentationModelError: it is none of both, or a model of cores.
        ModelMapsMismatchError: its card gives other maps here than those of its training.
        FinetunedFileError: it is a damaged network.
    """
    if _is_network(path):
        from facies.models.segmentation.finetuned_file import load_segmenter

        return NetworkMaceralModel(load_segmenter(path, device=bench.device))
    model = load_model(path)
    if model.task != "macerals":
        raise SegmentationModelError(f"{path.name} was trained for the task {model.task}, not for macerals")
    return PixelMaceralModel(model, bench)


def find_task(path: Path) -> Task:
    """Find what a model's file was trained for.

    Raises:
        SegmentationModelError: it cannot be read, or holds no model.
    """
    return "macerals" if _is_network(path) else load_model(path).task


def background_of(model: MaceralModel, wanted: int | str | None) -> int:
    """Find the index of the class that is no maceral: the wanted one, that of training, or see `find_background`.

    Raises:
        UnknownClassError: the wanted class is none of the model's.
        SegmentationError: none is known.
    """
    return find_background(model.table, model.background if wanted is None else wanted)


def _is_network(path: Path) -> bool:
    try:
        return is_safetensors(path)
    except OSError:
        return False  # the reader of models says what is wrong with the file
