from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from facies.core.wire_maps import LegendOut
from facies.ui.map_state import Lasso
from facies.ui.views import plain_map
from facies.ui.views.plain_map import box_of, to_spec
from tests.ui.views.test_maps import _script


@pytest.fixture
def plain_page(api: Any) -> AppTest:
    api.maps[:] = [api.map_out()]
    page = AppTest.from_function(_script, default_timeout=30)
    page.session_state["plain_map"] = True
    return page


def test_the_points_are_a_chart(plain_page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[dict[str, Any]]] = []

    def look(rows: list[dict[str, Any]], legend: LegendOut) -> dict[str, Any]:
        seen.append(rows)
        return to_spec(rows, legend)

    monkeypatch.setattr(plain_map, "to_spec", look)
    plain_page.run()
    assert not plain_page.exception
    (rows,) = seen
    assert [row["value"] for row in rows] == ["azolla", "azolla", "without one", "without one", "areoligera"]
    assert (rows[1]["x"], rows[1]["y"]) == (2, 3)
    assert plain_page.get("vega_lite_chart") or plain_page.get("arrow_vega_lite_chart")


def test_categories_and_numbers_have_scales_of_their_own(api: Any) -> None:
    legend = api.legend_out("well")
    spec = to_spec([], legend)
    assert spec["params"][0] == {"name": "box", "select": "interval"}
    assert (spec["encoding"]["color"]["type"], spec["encoding"]["color"]["title"]) == ("nominal", "well")
    number = to_spec([], legend.model_copy(update={"kind": "number"}))
    assert number["encoding"]["color"]["type"] == "quantitative"


@pytest.mark.parametrize(
    ("selection", "corners"),
    [
        ({}, None),
        ({"box": {}}, None),
        ({"box": {"x": [3, 1], "y": [0, 5]}}, ((1.0, 0.0), (3.0, 0.0), (3.0, 5.0), (1.0, 5.0))),
    ],
)
def test_a_box_is_a_polygon(selection: dict[str, Any], corners: Any) -> None:
    assert box_of({"selection": selection}) == corners
    if corners is not None:
        assert Lasso(3, corners, None).body().polygon == list(corners)
