from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from facies.models.maps.principal import fit_plane


def principal_positions(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return fit_plane(rows).place(rows)


def test_it_is_the_plane_of_greatest_spread() -> None:
    drawn = np.random.default_rng(1)
    rows = (drawn.standard_normal((500, 6)) * [9, 1, 4, 0.1, 0.1, 0.1] + 3).astype(np.float32)
    found = principal_positions(rows)
    assert found.dtype == np.float32
    assert found.mean(axis=0) == pytest.approx([0, 0], abs=1e-3)
    centred = rows - rows.mean(axis=0)
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    assert np.abs(found) == pytest.approx(np.abs(centred @ axes[:2].T), abs=1e-2)
    assert np.square(found).sum(axis=0) == pytest.approx(values[:2] ** 2, rel=1e-4)


def test_the_same_vectors_in_another_order_give_the_same_picture() -> None:
    rows = np.random.default_rng(2).standard_normal((40_000, 5)).astype(np.float32)  # more than one block
    order = np.random.default_rng(3).permutation(len(rows))
    assert principal_positions(rows)[order] == pytest.approx(principal_positions(rows[order]), abs=1e-3)


@pytest.mark.parametrize("rows", [np.ones((1, 4)), np.ones((5, 4)), np.ones((3, 1))])
def test_without_spread_all_lie_in_the_middle(rows: NDArray[np.float64]) -> None:
    assert principal_positions(rows.astype(np.float32)) == pytest.approx(np.zeros((len(rows), 2)), abs=1e-6)
