from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facies.api.diversity import order_diversely

from .drawn import draw_rows


def choose_plainly(rows: NDArray[np.float32], relevance: NDArray[np.float32], diversity: float) -> list[int]:
    chosen: list[int] = []
    while len(chosen) < len(rows):
        rest = [place for place in range(len(rows)) if place not in chosen]

        def worth(place: int) -> float:
            alike = max((float(rows[place] @ rows[one]) for one in chosen), default=0.0)
            alike = max(alike, 0.0)
            return (1 - diversity) * float(relevance[place]) - diversity * alike

        chosen.append(max(rest, key=worth) if chosen else rest[0])
    return chosen


@settings(deadline=None)
@given(count=st.integers(0, 25), diversity=st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]), seed=st.integers(0, 9))
def test_each_choice_is_the_best_of_the_rest(count: int, diversity: float, seed: int) -> None:
    rows = draw_rows(count, 16, seed=seed, clusters=3)
    relevance = -np.sort(-(rows @ draw_rows(1, 16, seed=seed + 100)[0]))
    assert order_diversely(rows, relevance, diversity).tolist() == choose_plainly(rows, relevance, diversity)


def test_none_is_the_order_as_it_was_and_some_brings_other_clusters_up() -> None:
    rows = np.repeat(np.eye(4, dtype=np.float32), 5, axis=0)
    relevance = np.linspace(1, 0.5, 20, dtype=np.float32)
    assert order_diversely(rows, relevance, 0).tolist() == list(range(20))
    assert order_diversely(rows, relevance, 0.5)[:4].tolist() == [0, 5, 10, 15]


def test_to_be_the_opposite_is_no_merit() -> None:
    rows = np.array([[1, 0], [0.98, 0.2], [-0.3, 0.954]], dtype=np.float32)
    relevance = np.array([1.0, 0.98, -0.3], dtype=np.float32)
    assert order_diversely(rows, relevance, 0.5).tolist() == [0, 1, 2]
