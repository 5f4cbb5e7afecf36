"""Packed hashes are a set."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facies.indexer.hashes import holds, pack_hashes


@settings(deadline=None)
@given(held=st.sets(st.binary(min_size=32, max_size=32), max_size=20), asked=st.binary(min_size=32, max_size=32))
def test_packed_hashes_hold_just_what_was_packed(held: set[bytes], asked: bytes) -> None:
    packed = pack_hashes(one.hex() for one in held)
    assert packed.nbytes == 32 * len(held)
    assert all(holds(packed, one.hex()) for one in held)
    assert holds(packed, asked.hex()) == (asked in held)


@pytest.mark.parametrize("ending", [b"\0", b"\0\0\0"])
def test_zeros_at_the_end_of_a_hash_count(ending: bytes) -> None:
    one = (b"\1" * (32 - len(ending)) + ending).hex()
    assert holds(pack_hashes([one]), one)
    assert not holds(pack_hashes([one]), (b"\1" * 32).hex())
