from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.preprocessing import StandardScaler

from facies.core.errors import SegmentationModelError
from facies.models.segmentation.linear import LinearPixels, fit_linear_pixels, preview, soft_maximum
from tests.models.segmentation.drawn_maps import STEM, maps


def head(features: int = STEM.channels, classes: int = 5, seed: int = 0) -> LinearPixels:
    rng = np.random.default_rng(seed)
    weights = (0.2 * rng.normal(size=(features, classes))).astype(np.float32)
    return LinearPixels(weights, rng.normal(size=classes).astype(np.float32))


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 70), st.integers(1, 50), st.integers(0, 99))
def test_folded_into_the_maps_it_says_the_same(height: int, width: int, seed: int) -> None:
    given_maps = maps(height, width, seed)
    model = head(seed=seed)
    np.testing.assert_allclose(preview(model, given_maps), model.probabilities(given_maps.grid()), atol=1e-4)


def test_a_window_of_rows_is_that_of_the_whole() -> None:
    given_maps, model = maps(70, 40), head()
    np.testing.assert_allclose(preview(model, given_maps, 9, 22), preview(model, given_maps)[9:22], atol=1e-5)


def test_maps_of_another_card_are_refused() -> None:
    with pytest.raises(SegmentationModelError, match=r"112 channels.*trained on 48"):
        preview(head(48), maps(16, 16))


@pytest.mark.parametrize("classes", [2, 4])
def test_it_is_the_discriminant_of_scikit_learn(classes: int) -> None:
    rng = np.random.default_rng(3)
    codes = np.arange(400) % classes
    rows = (rng.normal(size=(400, 7)) @ rng.normal(size=(7, 7)) + codes[:, None] + 50).astype(np.float32)
    scaler = StandardScaler().fit(rows.astype(np.float64))
    reference = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(scaler.transform(rows), codes)
    found = fit_linear_pixels(rows, codes, classes).probabilities(rows)
    np.testing.assert_allclose(found, reference.predict_proba(scaler.transform(rows)), atol=2e-4)


def test_a_row_of_a_grid_gets_the_same_bits_in_any_company() -> None:
    grid: NDArray[np.float32] = np.random.default_rng(1).normal(size=(37, 23, STEM.channels)).astype(np.float32)
    model = head(classes=14)
    whole = model.probabilities(grid)
    for low, high in ((0, 1), (5, 22), (36, 37)):
        np.testing.assert_array_equal(model.probabilities(grid[low:high]), whole[low:high])


def test_large_values_overflow_nothing() -> None:
    shares = soft_maximum(np.array([[1e4, -1e4, -np.inf], [0, 0, -np.inf]], np.float32))
    np.testing.assert_allclose(shares, np.array([[1, 0, 0], [0.5, 0.5, 0]]))


def test_what_is_no_head_is_refused() -> None:
    with pytest.raises(SegmentationModelError, match="shape"):
        LinearPixels(np.ones((3, 2), np.float32), np.ones(3, np.float32))
    with pytest.raises(SegmentationModelError, match="not finite"):
        LinearPixels(np.ones((3, 2), np.float32), np.full(2, -np.inf, np.float32))
    with pytest.raises(SegmentationModelError, match="not finite"):
        LinearPixels(np.full((3, 2), np.nan, np.float32), np.ones(2, np.float32))
