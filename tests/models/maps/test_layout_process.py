from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from facies.core.errors import MapError
from facies.models.maps.layout import LayoutOptions
from facies.models.maps.layout_process import lay_out_apart
from facies.models.maps.neighbours import NeighbourTable, find_neighbours
from facies.models.maps.principal import fit_plane
from facies.models.maps.trust import sampled_trustworthiness


def groups(count: int) -> NDArray[np.float32]:
    drawn = np.random.default_rng(5)
    rows = drawn.standard_normal((6, 32))[np.arange(count) % 6] + 0.3 * drawn.standard_normal((count, 32))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def test_groups_stay_together_and_the_same_seed_gives_the_same_layout() -> None:
    rows, told = groups(300), list[tuple[int, int | None]]()
    table, start = find_neighbours(rows, rows, 10, own=True), fit_plane(rows).place(rows)
    options = LayoutOptions(epochs=60, seed=3)
    found = lay_out_apart(table, start, options, lambda *step: told.append(step))
    assert np.array_equal(found, lay_out_apart(table, start, options, lambda *_: None))
    assert told[0] == (0, None)
    assert told[-1][1] == 60
    trusted = sampled_trustworthiness(rows, found, seed=0)
    assert trusted is not None
    assert trusted > 0.9
    centres = np.stack([found[group::6].mean(axis=0) for group in range(6)])
    nearest = np.linalg.norm(found[:, None] - centres, axis=2).argmin(axis=1)
    assert (nearest == np.arange(300) % 6).mean() > 0.95


def test_it_ends_when_told_to() -> None:
    rows = groups(300)

    def stop(_done: int, _total: int | None) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError):
        lay_out_apart(find_neighbours(rows, rows, 5, own=True), rows[:, :2], LayoutOptions(), stop)


def test_a_layout_that_fails_says_why() -> None:
    broken = NeighbourTable(np.zeros((4, 2), dtype=np.int32), np.zeros((3, 2), dtype=np.float32))
    with pytest.raises(MapError, match=r"status 1\. The last it said: ValueError"):
        lay_out_apart(broken, np.zeros((4, 2), dtype=np.float32), LayoutOptions(), lambda *_: None)
