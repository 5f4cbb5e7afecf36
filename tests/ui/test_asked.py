"""A search as the page puts it together."""

from __future__ import annotations

from facies.ui.arrangement import Arrangement
from facies.ui.asked import Asked
from facies.ui.query import Query, example_of_id, example_of_upload
from facies.ui.where import FilterChoice

ONE = "00000000-0000-5000-8000-000000000001"


def test_examples_filter_and_order_make_one_body() -> None:
    query = Query().add([example_of_id(ONE), example_of_upload("a.png", b"bytes")])
    asked = Asked(query, FilterChoice({"well": ("x",)}), Arrangement(k=7, fold=True, group="slide"), 100)
    body, files = asked.request(14)
    assert (body.k, body.offset, body.fold, body.group_by) == (7, 14, 0.98, "slide")
    assert body.where == {"field": "well", "any_of": ["x"]}
    assert files == [("a.png", b"bytes")]
    assert [key.partition(":")[0] for key in asked.uploads] == ["upload"]
