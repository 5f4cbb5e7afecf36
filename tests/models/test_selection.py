from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from facies.core.errors import DimensionMismatchError, QueryError
from facies.models.selection import find_rivals, measure_disagreement, measure_doubt, measure_entropy, pick_highest


def named(count: int = 200, classes: int = 5, seed: int = 0) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.random.default_rng(seed).dirichlet(np.full(classes, 0.4), count)


def test_entropy_is_that_of_scipy() -> None:
    probabilities = np.vstack([named(), np.eye(5)])
    assert measure_entropy(probabilities) == pytest.approx(entropy(probabilities, axis=1), abs=1e-9)


def test_doubt_reaches_from_nothing_to_everything() -> None:
    edges = np.vstack([np.eye(4), np.full((1, 4), 0.25)])
    assert measure_doubt(edges, "entropy") == pytest.approx([0, 0, 0, 0, 1])
    assert measure_doubt(edges).tolist() == [0, 0, 0, 0, 0.75]
    assert measure_doubt(np.ones((2, 1)), "entropy").tolist() == [0, 0]


def test_margins_are_those_of_sorted_rows() -> None:
    probabilities = named()
    first, second, margin = find_rivals(probabilities)
    rows = np.sort(probabilities, axis=1)
    assert margin == pytest.approx(rows[:, -1] - rows[:, -2])
    assert (probabilities[np.arange(200), first] == rows[:, -1]).all()
    assert (probabilities[np.arange(200), second] == rows[:, -2]).all()
    assert (first != second).all()
    with pytest.raises(QueryError, match="at least 2 classes"):
        find_rivals(np.ones((3, 1)))


def test_equal_shares_still_have_two_names() -> None:
    assert [part.tolist() for part in find_rivals(np.full((1, 3), 1 / 3))] == [[0], [1], [0.0]]


def test_disagreement_of_two_is_the_distance_of_scipy() -> None:
    one, other = named(seed=1), named(seed=2)
    expected = jensenshannon(one, other, base=2, axis=1) ** 2
    assert measure_disagreement([one, other]) == pytest.approx(expected, abs=1e-9)


def test_disagreement_knows_no_order_and_no_quarrel_with_oneself() -> None:
    several = [named(seed=seed) for seed in range(4)]
    found = measure_disagreement(several)
    assert found == pytest.approx(measure_disagreement(several[::-1]))
    assert ((found >= 0) & (found <= 1)).all()
    assert measure_disagreement([several[0]] * 3) == pytest.approx(np.zeros(200), abs=1e-12)
    certain = [np.eye(3)[[code]] for code in range(3)]
    assert measure_disagreement(certain) == pytest.approx([1.0])


def test_what_cannot_be_compared_is_told() -> None:
    with pytest.raises(QueryError, match="at least 2 vectors"):
        measure_disagreement([named()])
    with pytest.raises(DimensionMismatchError):
        measure_disagreement([named(classes=5), named(classes=4)])


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), max_size=40), st.integers(0, 45))
def test_the_highest_come_first_and_equal_ones_as_they_came(values: list[float], count: int) -> None:
    expected = sorted(range(len(values)), key=lambda place: -values[place])[:count]
    assert pick_highest(np.array(values), count).tolist() == expected
