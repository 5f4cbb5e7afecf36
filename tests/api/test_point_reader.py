from __future__ import annotations

import numpy as np

from facies.api.point_reader import PointReader
from facies.api.service import Service

from .conftest import CARD
from .drawn import draw_rows, make_drawn


def test_each_point_is_fetched_once(service: Service) -> None:
    rows = draw_rows(30, 48)
    rows[4] = 0
    drawn = make_drawn(service, "drawn", rows, more={"other": draw_rows(30, 8, seed=1)})
    reader = PointReader(service.workspace, "drawn", CARD, 48)
    np.testing.assert_allclose(reader.rows(drawn.ids[:20]), rows[:20], atol=1e-6)
    service.workspace.store.delete("drawn", drawn.ids[:10])
    np.testing.assert_allclose(reader.rows(drawn.ids[19::-1]), rows[19::-1], atol=1e-6)
    assert reader.values(drawn.ids[:8], "slide") == [payload.get("slide") for payload in drawn.payloads[:8]]
    again = PointReader(service.workspace, "drawn", CARD, 48)
    assert not again.rows(drawn.ids[:10]).any()
    assert again.values(drawn.ids[:2], "well") == [None, None]


def test_fields_come_without_vectors(service: Service) -> None:
    drawn = make_drawn(service, "drawn", draw_rows(5, 48))
    reader = PointReader(service.workspace, "drawn", None, 0)
    assert reader.values(drawn.ids, "depth_m") == [1000, 1001, 1002, 1003, 1004]
    assert reader.rows(drawn.ids).shape == (5, 0)
