from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.models.maps.placing import place_among


def test_a_vector_lies_where_most_of_its_neighbours_do_and_never_between_two_groups() -> None:
    similarities = np.array([[0.9, 0.89, 0.88, 0.85, 0.85]], dtype=np.float32)
    positions = np.array([[[0, 0], [0.1, 0], [0, 0.1], [50, 50], [50, 50.1]]], dtype=np.float32)
    assert np.abs(place_among(similarities, positions)).max() < 0.5


def test_nearer_neighbours_count_for_more() -> None:
    similarities = np.array([[0.9, 0.5]], dtype=np.float32)
    positions = np.array([[[0, 0], [1, 0]]], dtype=np.float32)
    assert place_among(similarities, positions)[0] == pytest.approx([0, 0], abs=0.1)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 99))
def test_places_lie_within_the_span_of_the_neighbours(count: int, k: int, seed: int) -> None:
    drawn = np.random.default_rng(seed)
    similarities = -np.sort(-drawn.uniform(-1, 1, (count, k)).astype(np.float32), axis=1)
    positions = drawn.standard_normal((count, k, 2)).astype(np.float32)
    places = place_among(similarities, positions)
    assert places.shape == (count, 2)
    assert (places >= positions.min(axis=1) - 1e-4).all()
    assert (places <= positions.max(axis=1) + 1e-4).all()


def test_equal_neighbours_at_one_place_give_that_place() -> None:
    places = place_among(np.full((2, 3), 0.7, dtype=np.float32), np.full((2, 3, 2), 4.0, dtype=np.float32))
    assert places == pytest.approx(np.full((2, 2), 4.0))


def test_of_no_vectors_there_are_no_places() -> None:
    assert place_among(np.empty((0, 3), dtype=np.float32), np.empty((0, 3, 2), dtype=np.float32)).shape == (0, 2)
