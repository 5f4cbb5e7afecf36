from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import GoBack

ONE = "00000000-0000-5000-8000-000000000001"


def open_query(page: AppTest, image_id: str = ONE) -> AppTest:
    page.query_params["collection"] = "fossils"
    page.query_params["id"] = image_id
    return page.run()


def shown(page: AppTest) -> str:
    return " ".join(m.value for m in page.markdown)


def test_without_a_collection_the_page_says_how_to_make_one(api: Any, page: AppTest) -> None:
    api.collections.clear()
    page.run()
    assert not page.exception
    assert page.header[0].value == "No collection yet"


def test_without_a_query_the_collection_is_browsed(api: Any, page: AppTest) -> None:
    page.run()
    assert page.header[0].value == "fossils"
    page.selectbox(key="browse-label-fossils").set_value("azolla").run()
    assert api.asked[-1].url.params["label"] == "azolla"


def test_an_empty_collection_says_how_to_fill_it(api: Any, page: AppTest) -> None:
    api.collections[:] = [api.collection_out("fossils", images=0)]
    page.run()
    assert "holds no images yet" in shown(page)


def test_the_largest_collection_is_the_first_choice(api: Any, page: AppTest) -> None:
    api.collections.append(api.collection_out("big", images=100))
    page.run()
    assert page.selectbox(key="collection-choice").value == "big"


def test_an_unknown_collection_is_told_and_another_can_be_chosen(page: AppTest) -> None:
    page.query_params["collection"] = "nope"
    page.run()
    assert "no collection 'nope'" in page.warning[0].value
    page.selectbox(key="collection-choice").set_value("fossils").run()
    assert not page.warning
    assert page.header[0].value == "fossils"


def test_a_query_shows_neighbours_and_votes(api: Any, page: AppTest) -> None:
    open_query(page)
    assert not page.exception
    assert "**5** nearest of 5 images" in shown(page)
    assert api.bodies("/search") == [{"positive": [{"id": ONE}], "k": 24}]
    assert api.bodies("/classify") == [{"examples": [{"id": ONE}]}]
    assert [s.value for s in page.subheader] == ["Query", "What is it?"]


def test_filters_reach_the_search(api: Any, page: AppTest) -> None:
    open_query(page)
    page.multiselect(key="filter-fossils-label").set_value(["azolla"])
    page.multiselect(key="filter-fossils-well").set_value(["6407/6-5", "34/10-1"])
    page.number_input(key="filter-fossils-depth_m-low").set_value(1200.0)
    page.number_input(key="filter-fossils-slide-high").set_value(7)
    page.number_input(key="arrange-k").set_value(3).run()
    body = api.bodies("/search")[-1]
    assert body["k"] == 3
    assert body["where"] == {
        "all": [
            {"field": "label", "any_of": ["azolla"]},
            {"field": "well", "any_of": ["6407/6-5", "34/10-1"]},
            {"field": "depth_m", "range": {"gte": 1200.0}},
            {"field": "slide", "range": {"lte": 7}},
        ]
    }
    assert "4 filters on" in shown(page)
    assert page.query_params["only"] == [
        "label=azolla",
        "well=6407/6-5",
        "well=34/10-1",
        "depth_m=1200.0..",
        "slide=..7",
    ]


def test_each_filter_is_counted_under_the_others(api: Any, page: AppTest) -> None:
    open_query(page)
    api.passing = 3
    page.multiselect(key="filter-fossils-label").set_value(["azolla"]).run()
    label = {"field": "label", "any_of": ["azolla"]}
    assert api.bodies("/count")[-1] == {"where": label, "by": {"label": None, "state": label, "well": label}}
    assert "**3** of 5 images pass" in shown(page)
    assert page.multiselect(key="filter-fossils-well").options == ["6407/6-5 (4)", "34/10-1 (1)"]


def test_a_link_brings_its_filter_and_its_order(api: Any, page: AppTest) -> None:
    for name, value in (
        ("only", ["well=6407/6-5", "slide=2..5", "wel=x"]),
        ("fold", "yes"),
        ("rerank", "no"),
        ("k", "3"),
    ):
        page.query_params[name] = value
    open_query(page)
    assert not page.exception
    body = api.bodies("/search")[-1]
    assert body["where"] == {
        "all": [{"field": "well", "any_of": ["6407/6-5"]}, {"field": "slide", "range": {"gte": 2, "lte": 5}}]
    }
    assert (body["k"], body["fold"], body["rerank"]) == (3, 0.98, False)
    assert "'wel=x'" in page.warning[0].value
    page.toggle(key="arrange-fold").set_value(False).run()
    assert "fold" not in api.bodies("/search")[-1]
    assert "fold" not in page.query_params
    assert page.query_params["k"] in ("3", ["3"])


def test_the_order_reaches_the_search_and_the_address(api: Any, page: AppTest) -> None:
    open_query(page)
    page.selectbox(key="arrange-group").set_value("slide").run()
    page.number_input(key="arrange-per").set_value(2)
    page.slider(key="arrange-diversity").set_value(0.3).run()
    body = api.bodies("/search")[-1]
    assert (body["group_by"], body["per_group"], body["diversity"]) == ("slide", 2, 0.3)
    assert "2 of each slide" in shown(page).replace("\\", "")
    assert page.query_params["group"] in ("slide", ["slide"])


def test_several_models_are_fused_or_shown_side_by_side(api: Any, page: AppTest, go_back: GoBack) -> None:
    other = api.collections[0].vectors[0].model_copy(update={"name": "vits"})
    api.collections[0].vectors.append(other)
    open_query(page)
    page.multiselect(key="arrange-model").set_value(["lite0", "vits"]).run()
    assert api.bodies("/search")[-1]["vectors"] == ["lite0", "vits"]
    page.query_params["beside"] = "yes"
    go_back(page)
    assert not page.exception
    assert api.bodies("/search/side-by-side")[-1]["vectors"] == ["lite0", "vits"]
    assert "**5** of 5 images are found by all 2 models" in shown(page)
    assert [one.value for one in page.subheader if one.value in ("lite0", "vits")] == ["lite0", "vits"]


def test_more_neighbours_are_asked_for_from_where_the_page_ended(api: Any, page: AppTest) -> None:
    open_query(page)
    page.number_input(key="arrange-k").set_value(2).run()
    page.session_state["result_pages"] = 2
    page.run()
    assert [b.get("offset", 0) for b in api.bodies("/search")[-2:]] == [0, 2]
    assert "**4** nearest" in shown(page)


def test_nothing_passing_the_filters_is_told(api: Any, page: AppTest) -> None:
    open_query(page)
    api.images.clear()
    page.multiselect(key="filter-fossils-label").set_value(["azolla"]).run()
    assert "Nothing passes the filters" in shown(page)


@pytest.mark.parametrize(
    ("path", "words"),
    [("search", "k is too large"), ("classify", "Another run")],
)
def test_a_refused_question_is_told_where_it_was_asked(api: Any, page: AppTest, path: str, words: str) -> None:
    code = "QueryError" if path == "search" else "JobConflictError"
    api.instead[f"POST /v1/collections/fossils/{path}"] = api.problem(422, code, "k is too large")
    open_query(page)
    assert not page.exception
    assert words in " ".join([*(t.value for t in page.text), *(c.value for c in page.caption)]).replace("K is", "k is")


def test_an_id_of_no_image_is_told_and_can_be_left(page: AppTest) -> None:
    open_query(page, "not-an-id")
    assert not page.exception
    assert "holds no image 'not-an-id'" in page.text[0].value
    page.button(key="start-over").click().run()
    assert page.header[0].value == "fossils"


def test_uploads_become_examples_and_the_field_is_fresh_again(api: Any, page: AppTest) -> None:
    page.run()
    page.file_uploader(key="uploader-0").set_value(
        [("a.png", b"one", "image/png"), ("b.tif", b"two", "image/tiff")]
    ).run()
    assert not page.exception
    assert [e.name for e in page.session_state["query"].examples] == ["a.png", "b.tif"]
    assert page.file_uploader(key="uploader-1").value == []
    paths = [r.url.path for r in api.asked]
    assert "/v1/collections/fossils/search/upload" in paths
    assert "/v1/collections/fossils/classify/upload" in paths
    assert page.query_params == {"collection": "fossils", "uploads": "2"}


def test_a_query_against_only_browses_on(page: AppTest) -> None:
    page.query_params["collection"] = "fossils"
    page.query_params["not"] = ONE
    page.run()
    assert not page.exception
    assert page.header[0].value == "fossils"
