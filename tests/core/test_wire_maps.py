from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from facies.core.maps import MapFacts, MapRecord
from facies.core.wire_maps import LassoBody, MapOut, made_of

MADE_AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
RECORD = MapRecord(7, "a b", MapFacts("v", "d", "umap", 3), 4, 2, MADE_AT)


def test_the_path_of_the_positions_is_of_this_map_alone() -> None:
    shown = MapOut.of(RECORD, current=True)
    assert shown.positions == f"/v1/collections/a%20b/maps/7/positions?parts=2&made={made_of(RECORD)}"
    assert made_of(RECORD) == 1767323045678901


@pytest.mark.parametrize(
    "polygon", [[[0, 0], [1, 0]], [[0, 0], [1, float("nan")], [1, 1]], [[0, 0, 0], [1, 0, 0], [1, 1, 0]]]
)
def test_a_polygon_has_three_finite_corners(polygon: Any) -> None:
    with pytest.raises(ValidationError):
        LassoBody(polygon=polygon)
