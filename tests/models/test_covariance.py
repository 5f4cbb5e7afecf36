"""Covariances: what numpy says, in blocks of any number."""

from __future__ import annotations

import numpy as np

from facies.models.covariance import compute_covariance, fix_signs


def test_it_is_that_of_numpy_over_several_blocks() -> None:
    rows = np.random.default_rng(0).normal(size=(10_000, 5)).astype(np.float32)
    expected = np.cov(rows.T.astype(np.float64), bias=True)
    np.testing.assert_allclose(compute_covariance(rows, rows.mean(axis=0, dtype=np.float64)), expected, atol=1e-6)


def test_turned_directions_come_out_the_same() -> None:
    directions = np.random.default_rng(1).normal(size=(6, 4))
    fixed = fix_signs(directions)
    np.testing.assert_array_equal(fix_signs(directions * [1, -1, -1, 1]), fixed)
    np.testing.assert_array_equal(np.abs(fixed), np.abs(directions))
