from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facies.api.folding import LISTED, REACH, fold_steps, join_leaders
from facies.api.point_reader import PointReader
from facies.core.store import Hit

from .drawn import draw_rows


class Rows(PointReader):
    """Rows that are at hand, by position."""

    def __init__(self, rows: NDArray[np.float32]) -> None:
        self.all = rows

    def rows(self, ids: Sequence[str]) -> NDArray[np.float32]:
        return self.all[[int(one) for one in ids]]


def fold_plainly(rows: NDArray[np.float32], threshold: float) -> list[tuple[int, list[int]]]:
    leaders: list[tuple[int, list[int]]] = []
    for place, row in enumerate(rows):
        for leader, folded in leaders:
            if float(rows[leader] @ row) >= threshold - 1e-6 and row.any():
                if place - leader <= REACH:
                    folded.append(place)
                break
        else:
            leaders.append((place, []))
    return leaders


@settings(max_examples=20, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 700), max_size=4),
    threshold=st.sampled_from([0.3, 0.6, 0.8, 0.95, 1.0]),
    seed=st.integers(0, 5),
)
def test_folding_is_the_plain_loop_however_the_steps_are_cut(cuts: list[int], threshold: float, seed: int) -> None:
    rows = draw_rows(700, 16, seed=seed, clusters=4, noise=0.4)
    rows[300:320] = rows[:20]
    rows[7::100] = 0
    bounds = [0, *sorted(cuts), 700]
    found = [Hit(str(place), 0.5) for place in range(700)]
    steps = [found[start:end] for start, end in pairwise(bounds)]
    folded = [one for step in fold_steps(iter(steps), threshold, Rows(rows)) for one in step]
    wanted = fold_plainly(rows, threshold)
    assert [(int(one.id), one.folded) for one in folded] == [(place, len(ids)) for place, ids in wanted]
    assert [list(map(int, one.folded_ids)) for one in folded] == [ids[:LISTED] for _, ids in wanted]


def test_equal_vectors_are_folded_at_a_cosine_of_one() -> None:
    rows = draw_rows(50, 384, seed=1)
    doubled = np.concatenate([rows, rows])
    assert join_leaders(doubled, doubled[:0], 1.0).tolist() == [*range(50), *range(50)]


def test_a_leader_is_given_out_as_soon_as_its_count_is_complete() -> None:
    rows = np.eye(900, dtype=np.float32)
    found = [Hit(str(place), 0.5) for place in range(900)]
    taken: list[int] = []

    def steps() -> Iterator[list[Hit]]:
        for start in (0, 400):
            taken.append(start)
            yield found[start : start + 400]

    first = next(fold_steps(steps(), 0.9, Rows(rows)))
    assert (len(first), taken) == (400 - REACH, [0])
