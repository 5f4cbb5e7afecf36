from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.errors import QueryError
from facies.models.near_duplicates import find_conflicts, group_copies


@given(st.integers(0, 10_000), st.integers(0, 30), st.sampled_from([0.6, 0.9, 0.98]))
def test_they_are_the_pairs_of_the_whole_matrix(seed: int, count: int, threshold: float) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, 3))
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    codes = rng.integers(0, 3, count)
    cosines = vectors @ vectors.T
    expected = {
        (i, j) for i in range(count) for j in range(i + 1, count) if cosines[i, j] >= threshold and codes[i] != codes[j]
    }
    found = find_conflicts(vectors, codes, threshold)
    assert set(zip(found.first.tolist(), found.second.tolist(), strict=True)) == expected
    assert (np.diff(found.similarities) <= 0).all()


def test_copies_are_alike_whatever_rounding_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facies.models.near_duplicates._BLOCK", 2)
    rng = np.random.default_rng(0)
    rows = np.repeat(rng.normal(size=(3, 384)), 2, axis=0)
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    found = find_conflicts(vectors, np.array([0, 1, 0, 0, 1, 0]), 1.0)
    assert list(zip(found.first.tolist(), found.second.tolist(), strict=True)) == [(0, 1), (4, 5)]


@pytest.mark.parametrize("threshold", [-1.0, 1.01, float("nan")])
def test_a_threshold_that_is_no_cosine_is_told(threshold: float) -> None:
    with pytest.raises(QueryError, match="cosine of near-duplicates"):
        find_conflicts(np.eye(2, dtype=np.float32), np.array([0, 1]), threshold)


def test_groups_are_the_connected_parts_and_know_their_weakest_member(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facies.models.near_duplicates._BLOCK", 2)
    angles = np.deg2rad([0, 5, 10, 90, 180, 182])  # the first and the third are joined by the second alone
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    told: list[int] = []
    groups = group_copies(vectors, float(np.cos(np.deg2rad(6))), told.append)
    assert [members for members, _ in groups] == [[0, 1, 2], [4, 5]]
    assert [least for _, least in groups] == pytest.approx(np.cos(np.deg2rad([5, 2])), abs=1e-6)
    assert told == [2, 4, 6]
    assert group_copies(vectors[:0]) == group_copies(vectors[3:4]) == []
