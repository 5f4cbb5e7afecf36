from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances

from facies.core.errors import DimensionMismatchError, QueryError
from facies.core.metrics import Embeddings
from facies.models.kcenter import find_nearest, pick_diverse


def unit(count: int, dim: int = 8, seed: int = 0) -> Embeddings:
    rows = np.random.default_rng(seed).normal(size=(count, dim))
    made: Embeddings = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return made


def farthest_first(candidates: Embeddings, known: Embeddings, count: int) -> list[int]:
    """The plain definition, on the whole matrix of distances."""
    picked: list[int] = []
    for _ in range(count):
        centres = np.vstack([known, candidates[picked]])
        distances = pairwise_distances(candidates, centres, metric="cosine").min(axis=1)
        distances[picked] = -1
        picked.append(int(distances.argmax()))
    return picked


def test_it_is_the_plain_definition() -> None:
    candidates, known = unit(300), unit(40, seed=1)
    found, apart = pick_diverse(candidates, known, 25)
    assert found.tolist() == farthest_first(candidates, known, 25)
    assert (np.diff(apart) <= 1e-6).all()


def test_each_is_as_far_from_the_known_and_picked_as_is_said() -> None:
    candidates, known = unit(100), unit(10, seed=1)
    found, apart = pick_diverse(candidates, known, 100)
    assert sorted(found) == list(range(100))
    for place in (0, 7, 99):
        before = np.vstack([known, candidates[found[:place]]])
        assert apart[place] == pytest.approx(1 - (before @ candidates[found[place]]).max(), abs=1e-5)


def test_with_nothing_known_the_first_is_the_oddest() -> None:
    rows = np.vstack([unit(1, seed=3) * 1.0] * 20 + [unit(1, seed=4)]).astype(np.float32)
    found, apart = pick_diverse(rows, np.empty((0, 8), np.float32), 3)
    assert found[0] == 20
    assert apart[2] == pytest.approx(0, abs=1e-6)  # all others are one picture


def test_a_copy_of_a_known_image_comes_last() -> None:
    known = unit(5, seed=1)
    candidates = np.vstack([known[2:3], unit(30)])
    assert pick_diverse(candidates, known, 31)[0][-1] == 0


def test_nearest_does_not_depend_on_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    candidates, known = unit(50), unit(33, seed=1)
    whole = (candidates @ known.T).max(axis=1)
    monkeypatch.setattr("facies.models.kcenter._BLOCK", 7)
    assert find_nearest(candidates, known) == pytest.approx(whole, abs=1e-6)


def test_nothing_to_pick_from_gives_nothing_and_nothing_asked_for_is_an_error() -> None:
    assert pick_diverse(unit(0), unit(3), 5)[0].tolist() == []
    with pytest.raises(QueryError, match="at least 1"):
        pick_diverse(unit(5), unit(3), 0)
    with pytest.raises(DimensionMismatchError):
        pick_diverse(unit(5), unit(3, dim=4), 1)
