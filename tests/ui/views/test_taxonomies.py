from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest


def _script() -> None:
    import streamlit as st

    from facies.ui import app
    from facies.ui.service import open_service
    from facies.ui.views import taxonomies

    st.session_state["pages"] = {}
    app.guarded(taxonomies.show, open_service("http://127.0.0.1:9", None))


@pytest.fixture
def taxonomy_page(api: Any) -> AppTest:
    return AppTest.from_function(_script, default_timeout=30)


def shown(page: AppTest) -> str:
    return " ".join(one.value for one in [*page.markdown, *page.caption, *page.text, *page.subheader])


def test_names_are_listed_as_a_tree_and_found(taxonomy_page: AppTest) -> None:
    taxonomy_page.run()
    assert not taxonomy_page.exception
    assert taxonomy_page.dataframe[0].value["name"].tolist() == ["Dinophyceae", "\u2003azolla"]
    assert "source\\: a test" in shown(taxonomy_page)
    assert {one.key for one in taxonomy_page.button} >= {"taxonomy-delete"}
    taxonomy_page.text_input(key="taxon-find").set_value("nothing").run()
    assert "No name, synonym or code of drawn has \\'nothing\\' in it." in shown(taxonomy_page)


def test_one_that_comes_with_facies_cannot_be_deleted(taxonomy_page: AppTest) -> None:
    taxonomy_page.query_params["taxonomy"] = "scampi-20"
    taxonomy_page.run()
    assert taxonomy_page.selectbox(key="taxonomy-choice").value == "scampi-20"
    assert "taxonomy-delete" not in {one.key for one in taxonomy_page.button}


def test_a_collection_uses_one_and_its_labels_are_put_right(api: Any, taxonomy_page: AppTest) -> None:
    taxonomy_page.run()
    assert "fossils uses no taxonomy" in shown(taxonomy_page)
    taxonomy_page.selectbox(key="taxonomy-used-fossils").set_value("drawn").run()
    assert api.taxonomy == "drawn"
    assert "**1** of 3 labels are accepted names" in shown(taxonomy_page)
    taxonomy_page.button(key="merge-settled").click().run()
    taxonomy_page.button(key="merge-azola-azolla").click().run()
    assert api.bodies("/taxonomy/merge") == [
        {"pairs": {}, "settled": True},
        {"pairs": {"azola": "azolla"}, "settled": False},
    ]
    assert "1 label was merged, of **2** images" in shown(taxonomy_page)
    taxonomy_page.button(key="merge-undo").click().run()
    assert api.asked_for("POST", "/labels/batches/9/undo")
    assert "was merged" not in shown(taxonomy_page)


def test_what_is_refused_is_told(api: Any, taxonomy_page: AppTest) -> None:
    api.instead["DELETE /v1/taxonomies/drawn"] = api.problem(409, "TaxonomyConflictError", "fossils uses it")
    taxonomy_page.run()
    taxonomy_page.button(key="taxonomy-delete").click().run()
    assert "Fossils uses it" in shown(taxonomy_page)


def test_without_a_collection_that_is_said(api: Any, taxonomy_page: AppTest) -> None:
    api.collections.clear()
    taxonomy_page.run()
    assert "There is no collection yet" in shown(taxonomy_page)
