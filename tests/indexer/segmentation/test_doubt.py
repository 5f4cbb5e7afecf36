"""Means of probabilities in cells, whatever bands they came in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facies.core.errors import DepthError
from facies.indexer.segmentation.doubt import DoubtGrid


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 40), st.integers(1, 30), st.integers(1, 9), st.lists(st.integers(1, 17), min_size=1, max_size=5))
def test_cells_hold_means_whatever_the_bands(height: int, width: int, cell_px: int, steps: list[int]) -> None:
    rng = np.random.default_rng(height * 31 + width)
    probabilities = rng.dirichlet([1, 1, 1], (height, width)).astype(np.float32)
    uncertainty = rng.random((height, width)).astype(np.float32)
    grid = DoubtGrid((height, width), 3, cell_px)
    top, at = 0, 0
    while top < height:
        stop = min(height, top + steps[at % len(steps)])
        grid.add(top, probabilities[top:stop], uncertainty[top:stop])
        top, at = stop, at + 1
    down, across = grid.centres
    assert grid.uncertainty.shape == (len(down), len(across))
    for row in range(len(down)):
        for column in range(len(across)):
            cell = (slice(row * cell_px, (row + 1) * cell_px), slice(column * cell_px, (column + 1) * cell_px))
            np.testing.assert_allclose(
                grid.probabilities[row, column], probabilities[cell].mean(axis=(0, 1)), rtol=1e-5
            )
            assert grid.uncertainty[row, column] == pytest.approx(uncertainty[cell].mean(), rel=1e-5)
    assert (down // cell_px == np.arange(len(down))).all()
    assert (across // cell_px == np.arange(len(across))).all()


def test_bands_that_do_not_fit_are_refused() -> None:
    grid = DoubtGrid((10, 4), 2)
    for top, shape in ((8, (3, 4, 2)), (0, (3, 5, 2)), (0, (3, 4, 3))):
        with pytest.raises(DepthError, match="does not fit"):
            grid.add(top, np.zeros(shape, np.float32), np.zeros(shape[:2], np.float32))
    with pytest.raises(DepthError, match="side of 0 px"):
        DoubtGrid((10, 4), 2, 0)
