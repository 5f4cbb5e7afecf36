"""Noise and cells: what the drawings take for granted."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from facies.indexer.samples.canvas import compute_grid, compute_layers, draw_cells, draw_noise

sides = st.integers(8, 60)


@settings(deadline=None, max_examples=30)
@given(height=sides, width=sides, cell_px=st.floats(1, 40), stretch=st.floats(1, 8), seed=st.integers(0, 99))
def test_noise_fills_its_range_in_any_shape(height: int, width: int, cell_px: float, stretch: float, seed: int) -> None:
    noise = draw_noise(np.random.default_rng(seed), height, width, cell_px=cell_px, stretch=stretch)
    assert noise.shape == (height, width)
    assert noise.dtype == np.float32
    assert noise.min() == 0
    assert np.isclose(noise.max(), 1)


@settings(deadline=None, max_examples=30)
@given(height=sides, width=sides, cell_px=st.floats(3, 40), jitter=st.floats(0, 1), seed=st.integers(0, 99))
def test_every_pixel_belongs_to_a_cell(height: int, width: int, cell_px: float, jitter: float, seed: int) -> None:
    y, x = compute_grid(height, width)
    cells = draw_cells(np.random.default_rng(seed), y, x, cell_px=cell_px, jitter=jitter)
    assert cells.index.min() >= 0
    assert cells.index.max() < cells.count
    assert (cells.edge >= 0).all()
    assert (cells.nearest <= np.sqrt(2) + 1e-3).all()


@given(values=st.lists(st.floats(-10, 10, width=32), min_size=1), bounds=st.lists(st.integers(-9, 9), unique=True))
def test_layers_and_distances_agree_with_the_plain_definition(values: list[float], bounds: list[int]) -> None:
    rising = np.sort(np.asarray(bounds, np.float32))
    layer, gap = compute_layers(np.asarray(values, np.float32), rising)
    assert [sum(b < v for b in rising) for v in values] == list(layer)
    if bounds:
        assert np.allclose(gap, [np.abs(v - rising).min() for v in values], atol=1e-4)
