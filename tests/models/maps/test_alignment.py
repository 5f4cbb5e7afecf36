from __future__ import annotations

import numpy as np
import pytest

from facies.models.maps.alignment import align


@pytest.mark.parametrize("mirror", [1, -1])
def test_a_turned_layout_is_turned_back(mirror: int) -> None:
    drawn = np.random.default_rng(0)
    old = drawn.standard_normal((30, 2)).astype(np.float32)
    turn = np.array([[np.cos(1.1), -np.sin(1.1)], [np.sin(1.1), np.cos(1.1)]]) @ np.diag([1, mirror])
    new = (old @ turn + [5, -3]).astype(np.float32)
    common = np.arange(10)
    assert align(new, common, old[common]) == pytest.approx(old, abs=1e-4)


def test_distances_stay() -> None:
    drawn = np.random.default_rng(0)
    new, old = drawn.standard_normal((2, 20, 2)).astype(np.float32)
    turned = align(new, np.arange(20), 3 * old)
    assert np.linalg.norm(turned[0] - turned[1:], axis=1) == pytest.approx(
        np.linalg.norm(new[0] - new[1:], axis=1), rel=1e-4
    )


def test_one_common_point_is_met() -> None:
    moved = align(np.array([[1, 1], [2, 1]], dtype=np.float32), np.array([1]), np.array([[7, 7]], dtype=np.float32))
    assert moved[1] == pytest.approx([7, 7])
