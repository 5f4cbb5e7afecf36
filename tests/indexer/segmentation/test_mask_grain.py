"""How fine masks are, and the smoothing that follows."""

from __future__ import annotations

import numpy as np
import pytest

from facies.indexer.segmentation.generated_macerals import generate_macerals
from facies.indexer.segmentation.mask_grain import mean_run_px, smoothing_of_runs


def _checks(side: int, count: int) -> np.ndarray:
    board = np.indices((count, count)).sum(axis=0) % 2
    return np.kron(board, np.ones((side, side), np.int64))


@pytest.mark.parametrize("side", [1, 3, 16])
def test_squares_have_runs_of_their_side_at_any_turn(side: int) -> None:
    mask = _checks(side, 6)
    assert mean_run_px(mask) == mean_run_px(np.rot90(mask)) == side


def test_a_mask_of_one_class_is_one_run() -> None:
    assert mean_run_px(np.zeros((7, 7), np.uint8)) == 7


def test_fine_masks_are_not_smoothed_and_coarse_ones_at_most_so_far() -> None:
    assert smoothing_of_runs([5.0, 6.0]) == 0
    assert smoothing_of_runs([64.0]) == 4
    assert smoothing_of_runs([5000.0]) == 8
    assert smoothing_of_runs([64.0, 64.0, 9999.0]) == 4


def test_drawn_particles_are_coarse() -> None:
    truth = generate_macerals(1, height=400, width=400).truth
    assert smoothing_of_runs([mean_run_px(truth)]) > 1
