from __future__ import annotations

import numpy as np
import pytest

from facies.core.errors import QueryError
from facies.models.novelty import NEIGHBOURS, compute_novelty, fit_gate, rank_novelty


def test_the_first_neighbours_count() -> None:
    similarities = np.full((1, NEIGHBOURS + 3), 0.5, dtype=np.float32)
    similarities[0, NEIGHBOURS:] = -1
    assert compute_novelty(similarities).tolist() == [0.5]
    assert compute_novelty(np.array([[0.9, 0.7]], dtype=np.float32)) == pytest.approx([0.2])


def test_the_gate_lets_its_share_through() -> None:
    novelty = np.random.default_rng(3).random(1_000)
    for share in (0.1, 0.75, 1.0):
        assert np.mean(novelty <= fit_gate(novelty, share)) == pytest.approx(share, abs=0.002)


@pytest.mark.parametrize("share", [0.0, 1.01, float("nan")])
def test_a_share_out_of_range_is_told(share: float) -> None:
    with pytest.raises(QueryError, match="expected a share"):
        fit_gate(np.array([0.5]), share)
    with pytest.raises(QueryError, match="of 0 images"):
        fit_gate(np.empty(0), 0.5)


def test_ranks_are_shares_of_what_is_less_strange() -> None:
    held_out = np.array([0.4, 0.1, 0.2, 0.2])
    assert rank_novelty(np.array([0.0, 0.2, 0.3, 0.5]), held_out).tolist() == [0, 0.25, 0.75, 1]
