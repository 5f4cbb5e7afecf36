"""Naming a part of a picture while somebody draws: by the code that names whole pictures, for the rows in view alone.

What the window gets is what a job with the same strokes gives there, to the last bit: the network's passes, the
classifier's order of pixels, and the sums of the smoothing do not depend on what else is named. Passes over pictures
and features of labelled pixels are kept within bounds, so that a further stroke costs the classifier alone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import NoLabelsError, TooFewClassesError
from facies.indexer.segmentation.labelled_pixels import LabelledPixels
from facies.indexer.segmentation.strokes import StrokeFile, draw_strokes
from facies.indexer.segmentation.training import SMOOTHING_PX
from facies.models.segmentation.cards import DEFAULT
from facies.models.segmentation.drift import uncertainty
from facies.models.segmentation.hypercolumns import Passes
from facies.models.segmentation.pixel_classifier import TREES, ClassifierKind, PixelClassifier, fit_classifier
from facies.models.segmentation.prediction import predict
from facies.models.segmentation.smoothing import PASSES

if TYPE_CHECKING:
    from facies.core.segmentation import ClassTable
    from facies.indexer.segmentation.bench import Bench
    from facies.indexer.segmentation.pictures import Picture
    from facies.models.segmentation.feature_maps import FeatureMaps
    from facies.models.segmentation.segmentation_model import Task

KEPT_BYTES: Final = 512 * 2**20
"""Half of it holds passes over nine million pixels or features of 600,000 labelled ones, by the default card."""
MOST_PX: Final = 2_000_000
"""Pixels that are named at a time; of a larger window, the rows about its middle."""
_TILE_ROWS: Final = 256
_PICTURES: Final = 4
"""Pictures whose passes are kept at a time."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a picture, in its pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, eq=False)
class StrokedPicture:
    """A picture with its strokes."""

    picture: Picture
    strokes: StrokeFile


@dataclass(frozen=True, slots=True, eq=False)
class PreviewOrder:
    """What is wanted.

    Attributes:
        picture: to be named, in part.
        window: which part.
        lessons: all pictures with strokes.
        table: the classes.
        version: differs wherever lessons or table do.
        task: core or macerals.
        kind: of the classifier.
        smoothing_px: radius; None: that of the task.
        card: of the hypercolumns.
        trees: of a forest.
    """

    picture: Picture
    window: Window
    lessons: Sequence[StrokedPicture]
    table: ClassTable
    version: Hashable
    task: Task = "core"
    kind: ClassifierKind = "linear"
    smoothing_px: float | None = None
    card: str = DEFAULT
    trees: int = TREES


@dataclass(frozen=True, slots=True, eq=False)
class NamedWindow:
    """A part of a picture with what was said of its pixels.

    Attributes:
        window: what was named, which lies in what was asked for.
        classes: (height, width) uint8, index of the most probable class.
        uncertainty: (height, width) float32, 1 less the margin between the two most probable.
        notes: what a person should know of the strokes.
    """

    window: Window
    classes: NDArray[np.uint8]
    uncertainty: NDArray[np.float32]
    notes: tuple[str, ...] = ()


class Previewer:
    """Names windows, one at a time. Thread-safe: others wait."""

    def __init__(self, bench: Bench, kept_bytes: int = KEPT_BYTES) -> None:
        """Take what opens networks.

        Args:
            bench: of the previewer alone.
            kept_bytes: of passes over pictures and features of labelled pixels, beside what one window takes.
        """
        self._bench = bench
        self._kept_bytes = kept_bytes
        self._lock = threading.Lock()
        self._passes: OrderedDict[tuple[str, str], Passes] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], _KnownFeatures] = OrderedDict()
        self._fitted: tuple[Hashable, PixelClassifier, tuple[str, ...]] | None = None

    @property
    def kept_bytes(self) -> int:
        """Bytes of all that is kept."""
        return self._known_bytes + sum(one.kept_bytes for one in self._passes.values())

    @property
    def _known_bytes(self) -> int:
        return sum(one.nbytes for one in self._known.values())

    def name(self, order: PreviewOrder, check: Callable[[], None]) -> NamedWindow:
        """Name a window.

        Args:
            order: what is wanted.
            check: called between steps; may raise to break off.

        Raises:
            NoLabelsError: there are no strokes.
            TooFewClassesError: all strokes are of one class.
            LabelsError, UnknownClassError: strokes do not fit their picture, or the classes.
            FaciesError: as `Bench.hypercolumns`.
        """
        with self._lock:
            check()
            try:
                classifier, notes = self._classifier(order, check)
                return self._name(order, classifier, notes, check)
            finally:
                self._make_room()

    def _classifier(self, order: PreviewOrder, check: Callable[[], None]) -> tuple[PixelClassifier, tuple[str, ...]]:
        key = (order.version, order.card, order.kind, order.trees)
        if self._fitted is not None and self._fitted[0] == key:
            return self._fitted[1:]
        if not order.lessons:
            raise NoLabelsError("the drawing", "it has no strokes")
        labels = [draw_strokes(one.strokes, one.picture.shape, order.table, one.picture.name) for one in order.lessons]
        classes = np.concatenate([one.classes for one in labels])
        present = np.unique(classes)
        if len(present) < 2:
            raise TooFewClassesError("the strokes", [order.table.names[at] for at in present])
        features = [
            self._features(one.picture, order.card, found, check)
            for one, found in zip(order.lessons, labels, strict=True)
        ]
        check()
        classifier = fit_classifier(
            order.kind,
            np.concatenate(features),
            classes,
            classes=len(order.table),
            trees=order.trees,
            threads=self._bench.threads,
        )
        notes = tuple(note for one in labels for note in one.notes)
        self._fitted = (key, classifier, notes)
        return classifier, notes

    def _features(
        self, picture: Picture, card: str, labels: LabelledPixels, check: Callable[[], None]
    ) -> NDArray[np.float32]:
        """Features of labelled pixels: those known from before, and those of new strokes."""
        places = labels.rows.astype(np.int64) * picture.shape[1] + labels.columns
        channels = self._bench.hypercolumns(card).card.channels
        known = self._known.get((picture.sha256, card)) or _KnownFeatures.none(channels)
        features = known.look_up(places)
        missing = np.flatnonzero(np.isnan(features[:, 0]))
        passes = self._passes_over(picture, card)
        tiles = labels.rows[missing] // _TILE_ROWS
        for number in np.unique(tiles).tolist():
            check()
            here = missing[tiles == number]
            tile = passes.tile(number * _TILE_ROWS, min((number + 1) * _TILE_ROWS, picture.shape[0]))
            features[here] = tile.features_at(labels.rows[here], labels.columns[here])
            self._make_room(passes)
        self._known[picture.sha256, card] = _KnownFeatures(places, features)
        self._known.move_to_end((picture.sha256, card))
        self._make_room(passes)
        return features

    def _name(
        self, order: PreviewOrder, classifier: PixelClassifier, notes: tuple[str, ...], check: Callable[[], None]
    ) -> NamedWindow:
        card = self._bench.hypercolumns(order.card).card
        height, width = order.picture.shape
        window = fit_window(order.window, (height, width))
        radius_px = SMOOTHING_PX[order.task] if order.smoothing_px is None else order.smoothing_px
        # How far the smoothing reaches, and a place of the grid on each side to interpolate between.
        margin = PASSES * int(np.ceil(radius_px)) + 4 * card.stride
        step = card.coarsest_stride
        top = max(window.y - margin, 0) // step * step
        bottom = min(-(-(window.y + window.height + margin) // step) * step, height)
        passes = self._passes_over(order.picture, order.card)

        def tiles() -> Iterator[_Part]:
            for start in range(top, bottom, _TILE_ROWS):
                check()
                yield _Part(passes.tile(start, min(start + _TILE_ROWS, bottom)), top // card.stride)
                self._make_room(passes)

        bands = predict(
            classifier,
            tiles(),
            (bottom - top, width),
            smoothing_cells=radius_px / card.stride,
            threads=self._bench.threads,
        )
        across = slice(window.x, window.x + window.width)
        named = [
            (band.probabilities[:, across].argmax(axis=-1).astype(np.uint8), uncertainty(band.probabilities[:, across]))
            for band in bands
        ]
        down = slice(window.y - top, window.y - top + window.height)
        classes, doubt = (np.concatenate(parts)[down] for parts in zip(*named, strict=True))
        return NamedWindow(window, classes, doubt, notes)

    def _passes_over(self, picture: Picture, card: str) -> Passes:
        key = (picture.sha256, card)
        if key not in self._passes:
            self._passes[key] = Passes(self._bench.hypercolumns(card), picture.pixels)
        self._passes.move_to_end(key)
        while len(self._passes) > _PICTURES:
            self._passes.popitem(last=False)
        return self._passes[key]

    def _make_room(self, using: Passes | None = None) -> None:
        """Let go until the rest is within bounds: features beyond their half, then passes.

        What belongs to pictures that were used longest ago goes first.
        """
        while self._known_bytes > self._kept_bytes // 2:
            self._known.popitem(last=False)
        for passes in list(self._passes.values()):
            # What is in use keeps what its next tile shares with this one.
            least = 0 if passes is not using else self._kept_bytes // 8
            while self.kept_bytes > self._kept_bytes and passes.kept_bytes > least:
                passes.forget_oldest()


def fit_window(window: Window, shape: tuple[int, int]) -> Window:
    """The part of a window that lies in the picture, and of its rows as many about the middle as may be named.

    A window that lies beside the picture gives the pixel that is nearest to it.

    Example:
        >>> fit_window(Window(0, 0, 1000, 40_000), (40_000, 1000))
        Window(x=0, y=19000, width=1000, height=2000)
    """
    height, width = shape
    left, top = min(window.x, width - 1), min(window.y, height - 1)
    right, bottom = min(window.x + window.width, width), min(window.y + window.height, height)
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    most = max(MOST_PX // width, 1)  # the network sees whole rows, however narrow the window
    spare = max(bottom - top - most, 0)
    top, bottom = top + spare // 2, bottom - (spare - spare // 2)
    return Window(left, top, right - left, bottom - top)


@dataclass(frozen=True, slots=True, eq=False)
class _KnownFeatures:
    """Features of pixels of one picture, by place (row * width + column), rising."""

    places: NDArray[np.int64]
    features: NDArray[np.float32]

    @classmethod
    def none(cls, channels: int) -> _KnownFeatures:
        return cls(np.empty(0, np.int64), np.empty((0, channels), np.float32))

    @property
    def nbytes(self) -> int:
        return self.places.nbytes + self.features.nbytes

    def look_up(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        """Features of these places; NaN where they are not known."""
        features = np.full((len(places), self.features.shape[1]), np.nan, np.float32)
        if len(self.places):
            at = np.searchsorted(self.places, places).clip(max=len(self.places) - 1)
            found = self.places[at] == places
            features[found] = self.features[at[found]]
        return features


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A tile of a picture as a tile of a window that begins at a row of the picture's grid."""

    maps: FeatureMaps
    first: int

    @property
    def channels(self) -> int:
        return self.maps.channels

    @property
    def stride(self) -> int:
        return self.maps.stride

    @property
    def grid_origin(self) -> float:
        return self.maps.grid_origin

    @property
    def grid_top(self) -> int:
        return self.maps.grid_top - self.first

    @property
    def grid_shape(self) -> tuple[int, int]:
        return self.maps.grid_shape

    def grid(self, row_start: int = 0, row_stop: int | None = None) -> NDArray[np.float32]:
        return self.maps.grid(row_start, row_stop)
