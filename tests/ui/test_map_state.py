from __future__ import annotations

from facies.core.wire_maps import Shown
from facies.ui.map_state import Colours, Lasso

CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))


def test_a_lasso_is_read_as_the_component_tells_it() -> None:
    told = {"polygon": [[0, 0], [1, 0], [1, 1]], "shown": {"values": ["a", None], "rest": True}}
    lasso = Lasso.of(3, Colours("label", "genus"), told)
    shown = Shown(by="label", rank="genus", values=["a", None], rest=True)
    assert lasso == Lasso(3, CORNERS, shown)
    body = lasso.body(offset=2, limit=5)
    assert (body.polygon, body.shown, body.offset, body.limit) == (list(CORNERS), shown, 2, 5)
    order = lasso.label_body("azolla", expected=9, keep_validated=False)
    assert (order.label, order.expected, order.keep_validated, order.shown) == ("azolla", 9, False, shown)


def test_where_all_is_shown_nothing_is_said_of_it() -> None:
    told = {"polygon": [[0, 0], [1, 0], [1, 1]], "shown": None}
    assert Lasso.of(3, Colours(), told).body().shown is None
