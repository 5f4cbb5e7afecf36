from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest


def test_the_frame_stands_and_the_search_page_opens(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert page.selectbox(key="collection-choice").value == "fossils"


def test_a_misspelt_setting_is_told_on_the_page(monkeypatch: pytest.MonkeyPatch, page: AppTest) -> None:
    monkeypatch.setenv("FACIES_UI__PROT", "1")
    page.run()
    assert not page.exception
    assert "FACIES_UI__PROT" in page.text[0].value


def test_bytes_of_images_never_pass_through_the_page(api: Any, page: AppTest) -> None:
    page.run()
    assert not [r for r in api.asked if r.url.path.endswith(("/thumbnail", "/original"))]


def _invalid() -> None:
    from facies.core.wire_labels import LabelIn
    from facies.ui import app
    from facies.ui.service import open_service

    def show(service: object) -> None:
        LabelIn(id="foo", label="azolla")

    app.guarded(show, open_service("http://127.0.0.1:9", None))


def test_a_body_that_breaks_the_rules_of_the_wire_is_told_in_words() -> None:
    page = AppTest.from_function(_invalid, default_timeout=30)
    page.run()
    assert not page.exception
    assert "This query makes no sense to the service" in page.markdown[0].value
    assert page.text[0].value.startswith("Id: ")
