from __future__ import annotations

import uuid

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.maps import MapPoints, pack_ids, unpack_ids


@given(st.lists(st.uuids(), max_size=20))
def test_ids_come_back_as_they_were(ids: list[uuid.UUID]) -> None:
    texts = [str(one) for one in ids]
    packed = pack_ids(texts)
    assert [one.tobytes() for one in packed] == [one.bytes for one in ids]
    assert unpack_ids(packed) == texts


@pytest.mark.parametrize("text", ["", "6ba7b812-9dad-11d1-80b4-00c04fd430c", "no uuid"])
def test_what_is_no_uuid_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"UUID|fromhex"):
        pack_ids([str(uuid.uuid4()), text])


def test_points_have_an_id_and_a_position_each() -> None:
    ids = pack_ids([str(uuid.uuid4()), str(uuid.uuid4())])
    assert len(MapPoints(ids, np.zeros((2, 2), dtype=np.float32))) == 2
    with pytest.raises(ValueError, match="expected"):
        MapPoints(ids, np.zeros((3, 2), dtype=np.float32))
    with pytest.raises(ValueError, match="expected"):
        MapPoints(np.zeros(2, dtype="V8"), np.zeros((2, 2), dtype=np.float32))
