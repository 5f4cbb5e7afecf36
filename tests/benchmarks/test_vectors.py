"""The drawn vectors are the same every time, as hard as they are said to be, and the exact answers are exact."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import vectors
from benchmarks.vectors import BLOCK, DIM, draw_queries, draw_vectors, find_exactly, recall
from facies.core.metrics import exact_neighbours


def test_the_first_rows_are_the_same_for_every_number() -> None:
    few, many = draw_vectors(1000), draw_vectors(3000)
    assert few.dtype == np.float32
    assert many.shape == (3000, DIM)
    assert np.array_equal(few, draw_vectors(1000))
    assert np.allclose(few, many[:1000], rtol=0, atol=1e-6)  # products of other sizes may round otherwise
    assert not np.allclose(few, draw_vectors(1000, seed=1), atol=0.1)


def test_rows_have_unit_length_and_no_query_is_among_them() -> None:
    rows, queries = draw_vectors(2000), draw_queries(50)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert np.allclose(np.linalg.norm(queries, axis=1), 1, atol=1e-5)
    assert (queries @ rows.T).max() < 0.99


def test_a_later_block_differs_from_the_first() -> None:
    rows = draw_vectors(BLOCK + 10)
    assert not np.array_equal(rows[BLOCK:], rows[:10])


def test_the_ten_nearest_of_100_000_are_as_similar_as_the_module_says() -> None:
    _, similar = find_exactly(draw_queries(200), draw_vectors(100_000), 10)
    assert similar.mean() == pytest.approx(0.73, abs=0.01)


def test_exact_answers_agree_with_the_plain_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, queries = draw_vectors(1000), draw_queries(20)
    monkeypatch.setattr(vectors, "BLOCK", 137)
    found, similar = find_exactly(queries, rows, 10)
    expected, cosines = exact_neighbours(queries, rows, 10)
    assert np.array_equal(found, expected)
    assert np.allclose(similar, cosines, atol=1e-6)


def test_exact_answers_keep_to_the_rows_they_are_given() -> None:
    rows, queries = draw_vectors(1000), draw_queries(20)
    chosen = np.arange(3, 1000, 7)
    found, _ = find_exactly(queries, rows, 5, chosen)
    expected, _ = exact_neighbours(queries, rows[chosen], 5)
    assert np.array_equal(found, chosen[expected])


def test_recall_is_the_share_found() -> None:
    expected = np.array([[1, 2], [3, 4]])
    assert recall([{1, 2}, {3, 4}], expected) == 1
    assert recall([{2, 9}, {8, 9}], expected) == 0.25
