from __future__ import annotations

from facies.api.local_maps import LocalMaps
from facies.api.service import Service
from facies.core.wire_maps import LassoBody
from tests.api.drawn_maps import box, draw_map


def test_the_command_line_reads_the_data_itself(filled: Service) -> None:
    record, _ = draw_map(filled)
    maps = LocalMaps(filled)
    assert maps.map("g") == maps.map("g", record.number) == maps.maps("g")[0]
    assert maps.lasso_table("g", record.number, LassoBody(polygon=box(-1, -1, 99, 1))).count("\n") == 7
    maps.delete_map("g", record.number)
    assert maps.maps("g") == []
