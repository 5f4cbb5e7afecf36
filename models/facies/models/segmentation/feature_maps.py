"""The low-resolution maps of an image or of a band of its rows, and the features of any pixel between their places.

Pixels have whole numbers at their centres. Place i of a map lies at pixel ``stride * i + origin``, which
`LayerGeometry.origin` decides once: at 2 i + 0.5 for the first pooled map of VGG-16, at 8 j + 3.5 for the third stage
of EfficientNet-Lite0, at 8 j for the second of a ResNet. Between places features are bilinear; outside the first and
the last place they are those of that place.

The grid is the lattice of the finest map, so its features are read there and not interpolated: row i of the grid lies
at pixel ``stride * i + grid_origin``. `FeatureMaps.features_at` and `FeatureMaps.grid` compute the same bits for one
pixel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from facies.core.errors import SegmentationError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from facies.models.segmentation.cards import LayerGeometry

Map: TypeAlias = "NDArray[np.float16] | NDArray[np.float32]"
"""Shape (channels, places down, places across); in memory the channels of one place lie side by side."""


@dataclass(frozen=True, slots=True, eq=False)
class FeatureMaps:
    """The maps of an image, or of the pixel rows `top` to `bottom` of one, with the places around that these need.

    Attributes:
        arrays: one map per layer, shape (channels, places down, places across), float16 or float32.
        layers: how each map lies on the whole image.
        first_rows: row of places of the whole image's map that is row 0 of the array, per layer.
        top: first pixel row that is covered, a multiple of the coarsest stride.
        height: pixel rows that are covered.
        width: pixels across, those of the image.
    """

    arrays: tuple[Map, ...]
    layers: tuple[LayerGeometry, ...]
    first_rows: tuple[int, ...]
    top: int
    height: int
    width: int

    @property
    def bottom(self) -> int:
        """The pixel row behind the last that is covered."""
        return self.top + self.height

    @property
    def strides(self) -> tuple[int, ...]:
        """Pixels between two places, per layer."""
        return tuple(layer.stride for layer in self.layers)

    @property
    def channels(self) -> int:
        """Features of a pixel."""
        return sum(len(array) for array in self.arrays)

    @property
    def stride(self) -> int:
        """Pixels between two places of the grid."""
        return self._finest.stride

    @property
    def grid_origin(self) -> float:
        """Pixel row and pixel column of the whole image at which place (0, 0) of its grid lies."""
        return self._finest.origin

    @property
    def grid_top(self) -> int:
        """Row of the whole image's grid that is row 0 of this grid."""
        return self.top // self.stride

    @property
    def grid_shape(self) -> tuple[int, int]:
        """Rows and columns of this grid: those of its pixels, the last of which may lie just outside the image."""
        return -(-self.height // self.stride), -(-self.width // self.stride)

    def features_at(self, rows: ArrayLike, columns: ArrayLike) -> NDArray[np.float32]:
        """Gather the features of single pixels, without making the grid.

        Args:
            rows: shape (n,), pixel rows of the whole image, whole or fractional, from `top` to ``bottom - 1``.
            columns: shape (n,), pixel columns, from 0 to ``width - 1``.

        Returns:
            shape (n, channels), float32, layer after layer.

        Raises:
            SegmentationError: a pixel lies outside, or rows and columns are not one list each of one length.
        """
        down, across = (np.asarray(values, dtype=np.float64) for values in (rows, columns))
        if down.ndim != 1 or down.shape != across.shape:
            raise SegmentationError(f"expected rows and columns of one shape (n,), got {down.shape} and {across.shape}")
        self._check_inside("row", down, self.top, self.bottom)
        self._check_inside("column", across, 0, self.width)
        features = np.empty((len(down), self.channels), dtype=np.float32)
        start = 0
        for number, array in enumerate(self.arrays):
            places = array.transpose(1, 2, 0)
            above, below, down_by = self._between_rows(number, down)
            left, right, across_by = self._between_columns(number, across)
            at_left = _blend(places[above, left], places[below, left], down_by[:, None])
            at_right = _blend(places[above, right], places[below, right], down_by[:, None])
            features[:, start : start + len(array)] = _blend(at_left, at_right, across_by[:, None])
            start += len(array)
        return features

    def grid(self, row_start: int = 0, row_stop: int | None = None) -> NDArray[np.float32]:
        """Make the features of rows of the grid.

        Args:
            row_start: first row of this grid (row 0 is `grid_top` of the whole image's).
            row_stop: the row behind the last; None: all that are covered.

        Returns:
            shape (rows, columns, channels), float32, C order.

        Raises:
            SegmentationError: the grid has no such rows.
        """
        start, stop = self._grid_rows(row_start, row_stop)
        features = np.empty((stop - start, self.grid_shape[1], self.channels), dtype=np.float32)
        first = 0
        for number, array in enumerate(self.arrays):
            self._resample(array, number, start, stop, features[..., first : first + len(array)])
            first += len(array)
        return features

    def layer_grid(
        self, layer: int, array: Map, row_start: int = 0, row_stop: int | None = None
    ) -> NDArray[np.float32]:
        """Bring another map with the places of one layer to the grid, such as the layer's scores by a linear head.

        Args:
            layer: number of the layer.
            array: shape (any channels, places down, places across of the layer), a float type.
            row_start: as in `grid`.
            row_stop: as in `grid`.

        Returns:
            shape (rows, columns, channels of the array), float32.

        Raises:
            SegmentationError: the array has other places than the layer, or the grid has no such rows.
        """
        if array.shape[1:] != self.arrays[layer].shape[1:]:
            raise SegmentationError(
                f"expected places {self.arrays[layer].shape[1:]} as of layer {layer}, got {array.shape[1:]}"
            )
        start, stop = self._grid_rows(row_start, row_stop)
        result = np.empty((stop - start, self.grid_shape[1], len(array)), dtype=np.float32)
        self._resample(array, layer, start, stop, result)
        return result

    def tiles(self, rows: int = 256) -> Iterator[FeatureMaps]:
        """Cut these maps into bands of pixel rows, as views; the same bands that `Hypercolumns.tiles` gives.

        Raises:
            SegmentationError: `rows` is no multiple of the coarsest stride.
        """
        check_rows(rows, max(self.strides))
        for top in range(self.top, self.bottom, rows):
            bottom = min(top + rows, self.bottom)
            spans = [
                rows_between(layer, top, bottom, first + array.shape[1])
                for layer, first, array in zip(self.layers, self.first_rows, self.arrays, strict=True)
            ]
            arrays = tuple(
                array[:, start - first : stop - first]
                for array, first, (start, stop) in zip(self.arrays, self.first_rows, spans, strict=True)
            )
            firsts = tuple(start for start, _ in spans)
            yield FeatureMaps(arrays, self.layers, firsts, top, bottom - top, self.width)

    @property
    def _finest(self) -> LayerGeometry:
        return min(self.layers, key=lambda layer: layer.stride)

    def _grid_rows(self, start: int, stop: int | None) -> tuple[int, int]:
        rows = self.grid_shape[0]
        stop = rows if stop is None else stop
        if not 0 <= start <= stop <= rows:
            raise SegmentationError(f"expected rows of the grid within 0 to {rows}, got {start} to {stop}")
        return start, stop

    def _check_inside(self, what: str, values: NDArray[np.float64], start: int, stop: int) -> None:
        # Written so that a NaN counts as outside.
        outside = ~((values >= start) & (values <= stop - 1))
        if outside.any():
            raise SegmentationError(
                f"expected every {what} from {start} to {stop - 1}, got {int(outside.sum()):,} outside, the first "
                f"{values[outside][0]:g}"
            )

    def _between_rows(self, layer: int, rows: NDArray[np.float64]) -> _Between:
        return _between(self.layers[layer], rows, self.first_rows[layer], self.arrays[layer].shape[1])

    def _between_columns(self, layer: int, columns: NDArray[np.float64]) -> _Between:
        return _between(self.layers[layer], columns, 0, self.arrays[layer].shape[2])

    def _resample(self, array: Map, layer: int, start: int, stop: int, result: NDArray[np.float32]) -> None:
        """Write the grid of one map into `result`: first between its rows, then between its columns."""
        places = array.transpose(1, 2, 0)
        finest = self._finest
        rows = _pixels(finest, self.grid_top + start, self.grid_top + stop)
        columns = _pixels(finest, 0, result.shape[1])
        above, below, down_by = self._between_rows(layer, rows)
        left, right, across_by = self._between_columns(layer, columns)
        if not down_by.any() and not across_by.any():  # its own lattice: nothing lies between places
            result[...] = places[above[:, None], left]
            return
        bands = _blend(places[above], places[below], down_by[:, None, None])
        result[...] = _blend(bands[:, left], bands[:, right], across_by[:, None])


_Between: TypeAlias = "tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]"
"""Of each pixel the place before it, the place behind it, and how far it lies from the first to the second, 0 to 1."""


def rows_between(layer: LayerGeometry, top: int, bottom: int, places: int) -> tuple[int, int]:
    """Which rows of a map the pixel rows `top` to ``bottom - 1`` and the grid of these depend on, as start and stop."""
    start = int(np.floor((top - layer.origin) / layer.stride))
    stop = -(-bottom // layer.stride) + 1
    return min(max(start, 0), places - 1), min(stop, places)


def check_rows(rows: int, coarsest_stride: int) -> None:
    """Refuse a height of tiles that would cut through a place.

    Raises:
        SegmentationError: it is no positive multiple of the coarsest stride.
    """
    if rows < 1 or rows % coarsest_stride:
        raise SegmentationError(f"expected tiles of a multiple of {coarsest_stride} pixel rows, got {rows}")


def join_rows(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Put bands of one map (places down, places across, channels) under each other."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _pixels(layer: LayerGeometry, start: int, stop: int) -> NDArray[np.float64]:
    """Where the places of a map from `start` to ``stop - 1`` lie on the image."""
    return np.arange(start, stop, dtype=np.float64) * float(layer.stride) + layer.origin


def _between(layer: LayerGeometry, pixels: NDArray[np.float64], first: int, places: int) -> _Between:
    position = (pixels - layer.origin) / layer.stride
    before = np.floor(position)
    share = (position - before).astype(np.float32)
    index = before.astype(np.intp) - first
    return index.clip(0, places - 1), (index + 1).clip(0, places - 1), share


def _blend(first: NDArray[Any], second: NDArray[Any], share: NDArray[np.float32]) -> NDArray[np.float32]:
    blended: NDArray[np.float32] = first.astype(np.float32) * (np.float32(1) - share)
    blended += second.astype(np.float32) * share
    return blended
