from __future__ import annotations

import tracemalloc

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


@given(st.integers(0, 10_000), st.integers(0, 40), st.sampled_from([0.3, 0.9, 0.99]), st.integers(1, 9))
def test_groups_are_those_of_the_whole_matrix(seed: int, count: int, threshold: float, block: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(count, 3))
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    cosines = np.clip(vectors @ vectors.T, -1, 1)
    np.fill_diagonal(cosines, -1)
    expected, left = [], set(range(count))
    while left:
        group, fresh = set(), {min(left)}
        while fresh:
            group |= fresh
            fresh = {j for i in fresh for j in np.flatnonzero(cosines[i] >= threshold - 1e-6).tolist()} - group
        left -= group
        if len(group) > 1:
            expected.append((sorted(group), min(float(cosines[i].max()) for i in group)))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("facies.models.near_duplicates._BLOCK", block)
        found = group_copies(vectors, threshold)
    assert [members for members, _ in found] == [members for members, _ in expected]
    assert [least for _, least in found] == pytest.approx([least for _, least in expected], abs=1e-6)


def test_the_most_similar_pairs_are_kept_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facies.models.near_duplicates._BLOCK", 4)
    rows = np.random.default_rng(1).normal(size=(30, 3))
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    every = find_conflicts(vectors, np.arange(30), -0.9)
    some = find_conflicts(vectors, np.arange(30), -0.9, most=7)
    assert len(every.first) > 300
    for name in ("first", "second", "similarities"):
        np.testing.assert_array_equal(getattr(some, name), getattr(every, name)[:7])


def test_equal_images_take_no_more_memory_than_others() -> None:
    vectors = np.zeros((6_000, 4), np.float32)
    vectors[:, 0] = 1
    tracemalloc.start()
    try:
        ((members, least),) = group_copies(vectors, 0.98)
        conflicts = find_conflicts(vectors, np.arange(6_000), 0.98, most=10)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (len(members), least, len(conflicts.first)) == (6_000, 1.0, 10)
    assert peak < 150e6, "18 million pairs alone would be 360 MB"


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
