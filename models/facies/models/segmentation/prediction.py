"""What a classifier says of every pixel of an image, as bands of rows: the whole is never in memory at once."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final, Protocol

from numpy.typing import NDArray

from facies.core.errors import SegmentationError, SegmentationModelError
from facies.models.segmentation.smoothing import smooth_bands
from facies.models.segmentation.upsampling import BAND_ROWS, Band, Grid, upsample_bands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy as np

    from facies.models.segmentation.drift import StatisticsGatherer
    from facies.models.segmentation.pixel_classifier import PixelClassifier

ROWS_AT_ONCE: Final = 64
"""Rows of the grid whose features are in memory at the same time."""


class GridTile(Protocol):
    """Features of some rows of an image's grid, see `facies.models.segmentation.feature_maps.FeatureMaps`."""

    @property
    def channels(self) -> int:
        """How many features a pixel has."""

    @property
    def stride(self) -> int:
        """Pixels from one row of the grid to the next."""

    @property
    def grid_origin(self) -> float:
        """Pixel row and pixel column of the image at which its grid begins."""

    @property
    def grid_top(self) -> int:
        """Row of the image's grid that is the tile's first."""

    @property
    def grid_shape(self) -> tuple[int, int]:
        """Rows and columns of the tile's grid."""

    def grid(self, row_start: int = 0, row_stop: int | None = None) -> NDArray[np.float32]:
        """Features (rows, columns, C) of some of its rows."""


def predict(
    classifier: PixelClassifier,
    tiles: Iterable[GridTile],
    shape: tuple[int, int],
    *,
    smoothing_cells: float = 0.0,
    threads: int = 1,
    statistics: StatisticsGatherer | None = None,
    on_rows: Callable[[int, int], None] | None = None,
    band_rows: int = BAND_ROWS,
) -> Iterator[Band]:
    """Name every pixel of an image: classify its grid, smooth the probabilities there, interpolate them to pixels.

    What comes out is the same to the last bit for any tiles, number of threads and height of bands.

    Args:
        classifier: trained on maps of the same card and weights.
        tiles: of the image from top to bottom, without gaps; the whole as one tile will do.
        shape: (height, width) of the image.
        smoothing_cells: radius of the smoothing in cells of the grid, see `facies.models.segmentation.smoothing`.
        threads: that classify at the same time.
        statistics: takes in the features and the probabilities before smoothing, to measure drift by.
        on_rows: called with the rows of the image that are done, and how many there are.
        band_rows: rows of a band at most.

    Yields:
        bands from top to bottom, which cover the image.

    Raises:
        SegmentationModelError: the tiles have another number of features than the classifier.
        SegmentationError: the tiles do not cover the image, or the radius is below 0.
    """
    height, _ = shape
    tile, tiles = _first(tiles)
    grid = Grid(_grid_shape(shape, tile.stride), tile.stride, tile.grid_origin)
    named = classify_rows(classifier, tiles, grid, threads=threads, statistics=statistics)
    smoothed = smooth_bands(named, grid.shape[0], smoothing_cells)
    for band in upsample_bands(smoothed, grid, shape, band_rows=band_rows):
        yield band
        if on_rows is not None:
            on_rows(band.top + len(band.probabilities), height)


def classify_rows(
    classifier: PixelClassifier,
    tiles: Iterable[GridTile],
    grid: Grid,
    *,
    threads: int = 1,
    statistics: StatisticsGatherer | None = None,
) -> Iterator[NDArray[np.float32]]:
    """Name the cells of a grid, few rows at a time.

    Args:
        classifier: see `predict`.
        tiles: see `predict`.
        grid: of the whole image.
        threads: see `predict`.
        statistics: see `predict`.

    Yields:
        shape (at most `ROWS_AT_ONCE`, columns, K), float32, from top to bottom.

    Raises:
        SegmentationModelError: the tiles have another number of features than the classifier.
        SegmentationError: the tiles do not follow each other down to the last row.
    """
    done = 0
    for tile in tiles:
        rows, columns = tile.grid_shape
        if tile.channels != classifier.feature_count:
            raise SegmentationModelError(
                f"the maps have {tile.channels} features, the model was trained on {classifier.feature_count}; compute "
                "them with the model's own card"
            )
        if tile.grid_top != done or columns != grid.shape[1]:
            raise SegmentationError(
                f"a tile begins at row {tile.grid_top} of the grid and has {columns} columns, expected row {done} and "
                f"{grid.shape[1]} columns; tiles have to follow each other from the top"
            )
        for start in range(0, rows, ROWS_AT_ONCE):
            features = tile.grid(start, min(start + ROWS_AT_ONCE, rows))
            probabilities = classifier.probabilities(features, threads=threads)
            if statistics is not None:
                statistics.add(features, probabilities)
            yield probabilities
        done += rows
    if done != grid.shape[0]:
        raise SegmentationError(f"the tiles end at row {done} of the grid, the image has {grid.shape[0]}")


def _first(tiles: Iterable[GridTile]) -> tuple[GridTile, Iterator[GridTile]]:
    every = iter(tiles)
    tile = next(every, None)
    if tile is None:
        raise SegmentationError("there are no tiles of the image, so nothing can be predicted")
    return tile, chain([tile], every)


def _grid_shape(shape: tuple[int, int], stride: int) -> tuple[int, int]:
    return -(-shape[0] // stride), -(-shape[1] // stride)
