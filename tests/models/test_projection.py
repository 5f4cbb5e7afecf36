"""Projections: what they do, and that they can be kept."""

from __future__ import annotations

import numpy as np
import pytest

from facies.core.errors import DimensionMismatchError, ModelError
from facies.models.projection import Projection

RNG = np.random.default_rng(3)
PROJECTION = Projection(
    RNG.normal(size=6).astype(np.float32), RNG.normal(size=(6, 3)).astype(np.float32), "by the tests"
)
ROWS = RNG.normal(size=(20, 6)).astype(np.float32)


def test_it_centres_multiplies_and_brings_to_unit_length() -> None:
    made = PROJECTION.apply(ROWS)
    expected = (ROWS.astype(np.float64) - PROJECTION.mean) @ PROJECTION.matrix
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert made.dtype == np.float32
    assert made.shape == (20, PROJECTION.dim)
    np.testing.assert_allclose(made, expected, atol=1e-5)


def test_company_changes_nothing() -> None:
    alone = np.concatenate([PROJECTION.apply(row[None]) for row in ROWS])
    np.testing.assert_allclose(PROJECTION.apply(ROWS), alone, atol=1e-6)


def test_it_is_kept_to_the_last_bit() -> None:
    back = Projection.from_bytes(PROJECTION.to_bytes())
    np.testing.assert_array_equal(back.matrix, PROJECTION.matrix)
    np.testing.assert_array_equal(back.mean, PROJECTION.mean)
    assert (back.method, back.digest) == (PROJECTION.method, PROJECTION.digest)


def test_its_digest_changes_with_every_value() -> None:
    moved = PROJECTION.mean.copy()
    moved[0] = np.nextafter(moved[0], np.float32(9))
    others = [
        Projection(moved, PROJECTION.matrix, PROJECTION.method),
        Projection(PROJECTION.mean, -PROJECTION.matrix, PROJECTION.method),
        Projection(PROJECTION.mean, PROJECTION.matrix, "otherwise"),
    ]
    assert len({PROJECTION.digest, *(other.digest for other in others)}) == 4


@pytest.mark.parametrize("data", [b"", b"nothing of the kind", PROJECTION.to_bytes()[:-200]])
def test_damage_is_told(data: bytes) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        Projection.from_bytes(data)


def test_vectors_of_another_length_are_refused() -> None:
    with pytest.raises(DimensionMismatchError):
        PROJECTION.apply(ROWS[:, :5])


@pytest.mark.parametrize("row", [PROJECTION.mean, np.full(6, np.nan, np.float32)])
def test_a_vector_without_direction_is_an_error(row: np.ndarray[tuple[int], np.dtype[np.float32]]) -> None:
    with pytest.raises(ModelError, match="no direction"):
        PROJECTION.apply(row[None])
