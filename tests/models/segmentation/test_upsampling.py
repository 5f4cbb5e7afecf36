from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.interpolate import RegularGridInterpolator

from facies.core.errors import SegmentationError
from facies.models.segmentation.upsampling import Grid, upsample_bands


def cells(rows: int, columns: int, classes: int = 3) -> NDArray[np.float32]:
    return np.random.default_rng(rows * 100 + columns).random((rows, columns, classes), dtype=np.float32)


def enlarge(values: NDArray[np.float32], shape: tuple[int, int], stride: int, offset: float) -> NDArray[np.float32]:
    grid = Grid((len(values), values.shape[1]), stride, offset)
    return np.concatenate([band.probabilities for band in upsample_bands([values], grid, shape)])


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 40), st.integers(2, 40), st.sampled_from([(1, 0.0), (2, 0.5), (2, 1.0), (4, 1.5), (8, 7.0)]))
def test_pixels_lie_linearly_between_cells(height: int, width: int, lattice: tuple[int, float]) -> None:
    stride, offset = lattice
    rows, columns = max(2, -(-height // stride)), max(2, -(-width // stride))
    values = cells(rows, columns)
    places = (offset + stride * np.arange(rows), offset + stride * np.arange(columns))
    reference = RegularGridInterpolator(places, values)
    down = np.clip(np.arange(height), places[0][0], places[0][-1])
    across = np.clip(np.arange(width), places[1][0], places[1][-1])
    expected = reference(np.stack(np.meshgrid(down, across, indexing="ij"), axis=-1))
    np.testing.assert_allclose(enlarge(values, (height, width), stride, offset), expected, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 90),
    st.sampled_from([(1, 0.0), (2, 0.5), (2, 1.0), (4, 1.5), (8, 7.0)]),
    st.lists(st.integers(1, 89), max_size=6),
    st.integers(1, 40),
)
def test_neither_bands_nor_cuts_change_a_bit(
    height: int, lattice: tuple[int, float], cuts: list[int], band_rows: int
) -> None:
    stride, offset = lattice
    rows = -(-height // stride)
    values = cells(rows, 5)
    whole = enlarge(values, (height, 9), stride, offset)
    edges = sorted({0, rows, *(cut for cut in cuts if cut < rows)})
    parts = (values[low:high] for low, high in pairwise(edges))
    bands = list(upsample_bands(parts, Grid((rows, 5), stride, offset), (height, 9), band_rows=band_rows))
    assert [band.top for band in bands] == list(range(0, height, band_rows))
    assert max(len(band.probabilities) for band in bands) <= band_rows
    np.testing.assert_array_equal(np.concatenate([band.probabilities for band in bands]), whole)


def test_at_a_cell_a_pixel_has_what_the_cell_has() -> None:
    values = cells(6, 5)
    wide = enlarge(values, (12, 10), 2, 1.0)
    np.testing.assert_array_equal(wide[1::2, 1::2], values)


def test_a_grid_that_ends_early_is_told() -> None:
    with pytest.raises(SegmentationError, match="ended at row 3 of 5"):
        list(upsample_bands([cells(3, 5)], Grid((5, 5), 2, 0.5), (10, 10), band_rows=4))
