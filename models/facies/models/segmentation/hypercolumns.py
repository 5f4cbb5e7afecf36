"""The maps of images by one card: whole, or as bands of rows that are the same to the last bit.

The image is first widened to multiples of the coarsest stride by repeating its last row and column, so that every layer
halves it evenly and padding falls alike on images of all sizes. The network then runs over bands of rows in passes,
whose heights follow from the width of the image alone. Each has a halo; what the zeros at its inner borders reach lies
in the halo and is cut off, so that zeros count at the true borders only, as in one pass over the whole. What is asked
for, a whole or tiles of any height, is put together from the same passes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from facies.core.errors import ModelError
from facies.models.preprocess import check_pixels
from facies.models.registry import get_card
from facies.models.segmentation.cards import HypercolumnCard
from facies.models.segmentation.cards import card as find_card
from facies.models.segmentation.feature_maps import FeatureMaps, check_rows, join_rows, rows_between
from facies.models.threads import limit_threads, wait_without_spinning
from facies.models.weights import FoundWeights, find_weights, given_weights

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from facies.core.images import RgbImage
    from facies.models.downloads import Progress
    from facies.models.segmentation.network import MapNetwork

PASS_PX = 1 << 17
"""Pixels of a pass without its halo: more takes memory, fewer spend time on halos."""
_LEAST_PASS_ROWS = 128
MAP_DTYPE = np.dtype(np.float16)
"""Half the memory of float32; `docs/segmentation_hypercolumns.md` has what it costs."""
_FORM = "hypercolumns 1"
"""Changes whenever the values of maps would."""


class Hypercolumns:
    """Makes the maps of images by one card. Thread-safe; passes of several threads wait for each other."""

    def __init__(
        self, card: HypercolumnCard, network: MapNetwork, weights: FoundWeights, *, pass_rows: int | None = None
    ) -> None:
        """Take a network with its weights; `open_hypercolumns` makes all of them from the name of a card.

        Args:
            card: which layers.
            network: which gives the maps of these layers.
            weights: where its weights came from.
            pass_rows: pixel rows of a pass, a multiple of the coarsest stride; None: as many as memory allows. It
                changes no value.
        """
        self.card = card
        self.weights = weights
        self.fingerprint = (
            f"{_FORM}; {card.spelling}; weights {weights.sha256}; {network.preprocessing}, edges repeated to "
            f"multiples of {card.coarsest_stride}; f32, kept as {MAP_DTYPE.name}"
        )
        if pass_rows is not None:
            check_rows(pass_rows, card.coarsest_stride)
        self._network = network
        self._pass_rows = pass_rows
        self._lock = threading.Lock()  # forward passes share the cores: one at a time is as fast and fairer

    def maps(self, image: RgbImage) -> FeatureMaps:
        """Make the maps of a whole image, in memory.

        Raises:
            ImageError: the array has another shape or dtype than (height, width, 3) uint8, or no pixels.
            ModelError: the network gave values that are no finite numbers of half precision.
        """
        check_pixels(image)
        arrays = [np.empty(shape, dtype=MAP_DTYPE) for shape in self.shapes(*image.shape[:2])]
        for bands in self.passes(image):
            for array, (top, band) in zip(arrays, bands, strict=True):
                array[top : top + len(band)] = band
        return self.assemble(arrays, *image.shape[:2])

    def shapes(self, height: int, width: int) -> tuple[tuple[int, int, int], ...]:
        """Shapes (places down, places across, channels) of the maps of an image of this size, per layer."""
        down, across = self._padded(height), self._padded(width)
        return tuple((down // one.stride, across // one.stride, one.channels) for one in self.card.geometry)

    def passes(self, image: RgbImage) -> Iterator[list[tuple[int, NDArray[np.float16]]]]:
        """Make the maps pass by pass from the top down, for who keeps them elsewhere than in memory; raises as `maps`.

        Returns:
            for each pass, per layer: the first row of places, and the rows (places down, places across, channels).
        """
        passes = Passes(self, image)
        for number in range(passes.count):
            yield passes.rows(number)
            passes.forget(number + 1)

    def assemble(self, arrays: list[NDArray[Any]], height: int, width: int) -> FeatureMaps:
        """Make `FeatureMaps` of whole maps of `shapes`, wherever they lie in memory or on disk."""
        maps = tuple(array.transpose(2, 0, 1) for array in arrays)
        return FeatureMaps(maps, self.card.geometry, (0,) * len(maps), 0, height, width)

    def tiles(self, image: RgbImage, rows: int = 256, *, only_rows: ArrayLike | None = None) -> Iterator[FeatureMaps]:
        """Make the maps of an image band by band, never holding the whole.

        Args:
            image: shape (height, width, 3), uint8, RGB.
            rows: pixel rows of a tile, a multiple of the coarsest stride; the last tile has what is left.
            only_rows: pixel rows that are wanted, any shape; tiles without any of them are left out and passes that
                only these need are not run. None: all tiles.

        Returns:
            tiles from the top down, each as `maps` would have it.

        Raises:
            ImageError: as `maps`.
            SegmentationError: `rows` is no multiple of the coarsest stride.
            ModelError: as `maps`.
        """
        check_pixels(image)
        check_rows(rows, self.card.coarsest_stride)
        wanted = None if only_rows is None else set((np.asarray(only_rows).ravel() // rows).astype(np.int64).tolist())
        return self._tiles(image, rows, wanted)

    def _tiles(self, image: RgbImage, rows: int, wanted: set[int] | None) -> Iterator[FeatureMaps]:
        passes = Passes(self, image)
        for top in range(0, len(image), rows):
            if wanted is None or top // rows in wanted:
                bottom = min(top + rows, len(image))
                passes.forget(passes.first_for(top, bottom))
                yield passes.tile(top, bottom)

    def pass_rows(self, width: int) -> int:
        """Pixel rows of a pass over images of this width."""
        step = self.card.coarsest_stride
        return self._pass_rows or max(PASS_PX // self._padded(width), _LEAST_PASS_ROWS) // step * step or step

    def run_pass(self, image: RgbImage, top: int, bottom: int) -> tuple[NDArray[np.float16], ...]:
        """Run the network for the padded image's rows `top` to `bottom`, both multiples of the coarsest stride.

        Returns:
            per layer the rows of its map, shape (places down, places across, channels), float16.

        Raises:
            ModelError: a value is no finite number of half precision.
        """
        height, width = image.shape[:2]
        start = max(0, top - self.card.halo_above_px)
        stop = min(self._padded(height), bottom + self.card.halo_below_px)
        pixels = image[start:stop]
        margins = ((0, stop - start - len(pixels)), (0, self._padded(width) - width), (0, 0))
        with self._lock:
            maps = self._network.run(np.pad(pixels, margins, mode="edge"))
        parts = []
        for layer, name, array in zip(self.card.geometry, self.card.layers, maps, strict=True):
            part = array[(top - start) // layer.stride : (bottom - start) // layer.stride]
            if not np.isfinite(part).all():
                raise ModelError(
                    f"layer {name} of {self.card.backbone} gave values that are no finite numbers of half precision; "
                    f"its weights ({self.weights.source}) do not suit this card. Give another checkpoint or card."
                )
            parts.append(part)
        return tuple(parts)

    def _padded(self, length: int) -> int:
        step = self.card.coarsest_stride
        return -(-length // step) * step


class Passes:
    """The passes over one image, each run when it is first asked for and kept until it is let go. Not thread-safe."""

    def __init__(self, hypercolumns: Hypercolumns, image: RgbImage) -> None:
        """Take an image; nothing is run yet.

        Args:
            hypercolumns: makes the maps.
            image: shape (height, width, 3), uint8, RGB; may lie on disk, rows are read as passes need them.
        """
        self._hypercolumns = hypercolumns
        self._image = image
        self._rows = hypercolumns.pass_rows(image.shape[1])
        step = hypercolumns.card.coarsest_stride
        self._bottom = -(-len(image) // step) * step
        self._strides = [layer.stride for layer in hypercolumns.card.geometry]
        self._shapes = hypercolumns.shapes(*image.shape[:2])
        self._kept: dict[int, tuple[NDArray[np.float16], ...]] = {}

    @property
    def count(self) -> int:
        """How many passes the image takes."""
        return -(-self._bottom // self._rows)

    @property
    def kept_bytes(self) -> int:
        """Bytes of the passes that are kept."""
        return sum(part.nbytes for parts in self._kept.values() for part in parts)

    def rows(self, number: int) -> list[tuple[int, NDArray[np.float16]]]:
        """Per layer the first row of places of a pass, and its rows."""
        top = number * self._rows
        parts = self._kept.pop(number, None)
        if parts is None:
            bottom = min(top + self._rows, self._bottom)
            parts = self._hypercolumns.run_pass(self._image, top, bottom)
        self._kept[number] = parts  # behind all others: it was used last
        return [(top // stride, part) for stride, part in zip(self._strides, parts, strict=True)]

    def tile(self, top: int, bottom: int) -> FeatureMaps:
        """Make the maps of pixel rows, of which the first is a multiple of the coarsest stride."""
        spans = self._spans(top, bottom)
        arrays = tuple(
            self._between(layer, start, stop).transpose(2, 0, 1) for layer, (start, stop) in enumerate(spans)
        )
        geometry = self._hypercolumns.card.geometry
        firsts = tuple(start for start, _ in spans)
        return FeatureMaps(arrays, geometry, firsts, top, bottom - top, self._image.shape[1])

    def first_for(self, top: int, bottom: int) -> int:
        """The first pass that a tile of these pixel rows needs."""
        eaches = [self._rows // stride for stride in self._strides]
        return min(start // each for (start, _), each in zip(self._spans(top, bottom), eaches, strict=True))

    def forget(self, before: int) -> None:
        """Let go of the passes before this one."""
        for number in [number for number in self._kept if number < before]:
            del self._kept[number]

    def forget_oldest(self) -> None:
        """Let go of the pass that was used longest ago."""
        del self._kept[next(iter(self._kept))]

    def _spans(self, top: int, bottom: int) -> list[tuple[int, int]]:
        """Per layer the rows of places that a tile of these pixel rows needs, as start and stop."""
        geometry = self._hypercolumns.card.geometry
        return [rows_between(layer, top, bottom, shape[0]) for layer, shape in zip(geometry, self._shapes, strict=True)]

    def _between(self, layer: int, start: int, stop: int) -> NDArray[np.float16]:
        """Rows of places `start` to `stop` of a layer."""
        each = self._rows // self._strides[layer]
        parts = []
        for number in range(start // each, -(-stop // each)):
            top, part = self.rows(number)[layer]
            parts.append(part[max(start - top, 0) : stop - top])
        return join_rows(parts)


def open_hypercolumns(
    card: str | HypercolumnCard,
    *,
    weights_dir: Path,
    weights: Path | None = None,
    hub_endpoint: str = "https://huggingface.co",
    offline: bool = False,
    device: str = "cpu",
    threads: int = 0,
    pass_rows: int | None = None,
    progress: Progress | None = None,
) -> Hypercolumns:
    """Open a card with its weights.

    Args:
        card: of the table, or spelt (`facies.models.segmentation.cards.card`), or the card itself.
        weights_dir: folder of checkpoints (``Settings.weights_dir``).
        weights: a checkpoint to use instead of the backbone's own sources.
        hub_endpoint: of the Hugging Face hub.
        offline: whether downloads are forbidden.
        device: ``cpu`` or ``cuda``.
        threads: of a pass, for the whole process; 0: all cores.
        pass_rows: see `Hypercolumns`.
        progress: of a download, called with bytes done and bytes in all.

    Raises:
        UnknownCardError: no such card.
        UnknownModelError: no such backbone.
        LayerError: the backbone has no such layer, or none that lies on the image as a map does.
        WeightsNotFoundError: no source gave the weights. Random weights are never used instead.
        WeightsMismatchError: the checkpoint does not fit the network.
        DownloadError: a file has another hash than the one on record.
        ConfigurationError: the device cannot take the network.
    """
    wait_without_spinning()
    found_card = find_card(card) if isinstance(card, str) else card
    model = get_card(found_card.backbone)
    found = (
        given_weights(model, weights)
        if weights is not None
        else find_weights(model, weights_dir=weights_dir, hub_endpoint=hub_endpoint, offline=offline, progress=progress)
    )
    from facies.models.segmentation.network import MapNetwork

    limit_threads(threads)
    network = MapNetwork(model, found.path, found_card.layers, device=device)
    return Hypercolumns(found_card, network, found, pass_rows=pass_rows)
