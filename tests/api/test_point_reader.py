from __future__ import annotations

import numpy as np

from facies.api.point_reader import PointReader
from facies.api.service import Service
from facies.core.store import Hit

from .conftest import CARD
from .drawn import draw_rows, make_drawn


def test_each_point_is_fetched_once(service: Service) -> None:
    rows = draw_rows(30, 48)
    rows[4] = 0
    drawn = make_drawn(service, "drawn", rows, more={"other": draw_rows(30, 8, seed=1)})
    reader = PointReader(service.workspace, "drawn", CARD, 48)
    np.testing.assert_allclose(reader.rows(drawn.ids[:20]), rows[:20], atol=1e-6)
    slides = [payload.get("slide") for payload in drawn.payloads]
    assert reader.values(drawn.ids[:8], "slide") == slides[:8]
    service.workspace.store.delete("drawn", drawn.ids[:10])
    np.testing.assert_allclose(reader.rows(drawn.ids[19::-1]), rows[19::-1], atol=1e-6)
    assert reader.values(drawn.ids[7::-1], "slide") == slides[7::-1]
    again = PointReader(service.workspace, "drawn", CARD, 48)
    assert not again.rows(drawn.ids[:10]).any()
    assert again.values(drawn.ids[:2], "well") == [None, None]
    assert again.rows([]).shape == (0, 48)


def test_what_came_with_hits_is_not_fetched(service: Service) -> None:
    drawn = make_drawn(service, "drawn", draw_rows(5, 48))
    reader = PointReader(service.workspace, "drawn", CARD, 48)
    other = draw_rows(2, 48, seed=3)
    reader.learn([Hit(drawn.ids[0], 0.5, other[0]), Hit(drawn.ids[1], 0.5), Hit("nowhere", 0.5, other[1])])
    np.testing.assert_array_equal(reader.rows(["nowhere", drawn.ids[0]]), other[::-1])
    np.testing.assert_allclose(reader.rows(drawn.ids[1:]), drawn.first[1:], atol=1e-6)
