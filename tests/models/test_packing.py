"""Several arrays travel as one."""

from __future__ import annotations

import numpy as np
import pytest

from facies.models.packing import pack, unpack

RNG = np.random.default_rng(2)


@pytest.mark.parametrize("shapes", [[(8, 3, 16, 16)], [(2, 3, 4, 4), (2, 3, 6, 6)], [(1,), (0, 3), (5, 7, 3)]])
def test_what_is_packed_comes_back(shapes: list[tuple[int, ...]]) -> None:
    parts = [RNG.integers(0, 256, shape, dtype=np.uint8) for shape in shapes]
    packed = pack(parts)
    assert packed.dtype == np.uint8
    for part, back in zip(parts, unpack(packed, len(parts)), strict=True):
        np.testing.assert_array_equal(back, part)


def test_one_array_is_not_copied() -> None:
    part = np.zeros((2, 3), np.uint8)
    assert pack([part]) is part
    assert unpack(part, 1)[0] is part
