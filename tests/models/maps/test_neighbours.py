from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facies.core.errors import DimensionMismatchError
from facies.models.maps import neighbours
from facies.models.maps.neighbours import find_neighbours


def unit_rows(count: int, dim: int, seed: int) -> NDArray[np.float32]:
    drawn = np.random.default_rng(seed)
    centres = drawn.standard_normal((7, dim))
    rows = centres[drawn.integers(0, 7, count)] + 0.5 * drawn.standard_normal((count, dim))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@given(st.integers(1, 700), st.integers(1, 40), st.integers(1, 30), st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_they_are_those_of_an_exact_search(among: int, queries: int, k: int, seed: int) -> None:
    rows, asked = unit_rows(among, 16, seed), unit_rows(queries, 16, seed + 1)
    found = find_neighbours(asked, rows, k)
    exact = -np.sort(-(asked @ rows.T), axis=1)[:, :k]
    assert found.indices.shape == found.similarities.shape == (queries, min(k, among))
    assert found.similarities == pytest.approx(exact, abs=2e-6)
    assert np.einsum("nd,nkd->nk", asked, rows[found.indices]) == pytest.approx(exact, abs=2e-6)


def test_among_very_many_they_are_found_by_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_BLOCK_BYTES", 2**20)  # several blocks
    rows = unit_rows(20_011, 24, 3)  # groups, and a rest
    found = find_neighbours(rows, rows, 10, own=True)
    assert not (found.indices == np.arange(len(rows))[:, None]).any()
    some = np.random.default_rng(0).integers(0, len(rows), 200)
    products = rows[some] @ rows.T
    products[np.arange(200), some] = -2
    assert found.similarities[some] == pytest.approx(-np.sort(-products, axis=1)[:, :10], abs=2e-6)


def test_a_vector_is_not_its_own_neighbour_but_its_double_is() -> None:
    rows = np.repeat(unit_rows(5, 8, 0), 2, axis=0)
    found = find_neighbours(rows, rows, 3, own=True)
    assert found.indices[:, 0].tolist() == [1, 0, 3, 2, 5, 4, 7, 6, 9, 8]
    assert find_neighbours(rows, rows, 100, own=True).indices.shape == (10, 9)


def test_progress_is_told_and_may_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_BLOCK_BYTES", 4 * 100 * 32)
    rows, told = unit_rows(100, 8, 0), list[tuple[int, int]]()
    find_neighbours(rows, rows, 2, progress=lambda *step: told.append(step))
    assert len(told) > 1
    assert told[-1] == (100, 100)

    def stop(_done: int, _total: int) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError):
        find_neighbours(rows, rows, 2, progress=stop)


def test_vectors_of_different_length_are_refused() -> None:
    with pytest.raises(DimensionMismatchError):
        find_neighbours(unit_rows(3, 4, 0), unit_rows(3, 5, 0), 1)
